// Names for what the theme leaves without one, and a screen reader could not tell apart.
let count = 0;
const name = () => {
  document.querySelectorAll("nav.md-code__nav:not([aria-label])").forEach((nav) => {
    count += 1;
    nav.setAttribute("aria-label", `Code block ${count}`);
  });
  document.querySelector(".md-search")?.setAttribute("aria-label", "Search");
};
new MutationObserver(name).observe(document.documentElement, { childList: true, subtree: true });
name();
