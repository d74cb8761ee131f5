"use strict";
const logs = JSON.parse(document.getElementById("logs").textContent);
const steps = document.getElementById("steps");

function showLog(step) {
  const path = step.dataset.log;
  if (!step.open || !path) return;
  step.dataset.log = "";
  const text = document.createElement("pre");
  text.tabIndex = 0;
  text.textContent = logs[path];
  step.append(path, text);
}

if (steps) {
  // A toggle does not bubble; the capture phase sees it all the same, with one listener for all steps.
  steps.addEventListener("toggle", (event) => {
    if (event.target.classList.contains("step")) showLog(event.target);
  }, true);

  document.getElementById("timeline").addEventListener("click", (event) => {
    const number = event.target.dataset.step;
    const step = number && document.getElementById("step-" + number);
    if (!step) return;
    const more = step.closest("#more");
    if (more) more.open = true;
    step.open = true;
    step.scrollIntoView({ block: "center" });
    step.querySelector("summary").focus({ preventScroll: true });
  });

  document.getElementById("filter").addEventListener("input", (event) => {
    const words = event.target.value.toLowerCase();
    const more = document.getElementById("more");
    if (more && words) more.open = true;
    for (const step of steps.querySelectorAll(".step")) {
      step.hidden = !step.firstElementChild.textContent.toLowerCase().includes(words);
    }
  });
}
