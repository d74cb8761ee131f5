"""The Spack engine's decisions: what it asks, what it reads, what it says. No Spack is run."""

from __future__ import annotations

import json
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import pytest
import yaml
from support import REPOSITORY

from devenv.config.context import Context, make_context
from devenv.config.settings import SpackSettings
from devenv.config.sites import load_site, site_folders
from devenv.config.spack_file import edited_manifest
from devenv.config.templates import load_template
from devenv.core.delta import Prepend, Set, apply
from devenv.core.errors import PreconditionError, StateError, UsageError
from devenv.core.site import External, Site
from devenv.core.template import Template
from devenv.engines.registry import choose
from devenv.engines.spack.engine import SpackEngine
from devenv.engines.spack.externals import (
    TOOLS,
    ToolOutput,
    detected_externals,
    in_a_prefix,
    merged,
)
from devenv.engines.spack.failure import reason
from devenv.engines.spack.install import require_compiler
from devenv.engines.spack.lockfile import SpackLock, read_records, read_spack_lock, unused
from devenv.engines.spack.manifest import (
    DevelopSpec,
    generation_manifest,
    new_manifest,
    own_scope,
    package_of,
    read_manifest,
    released,
    roots,
    spec_of,
    version_of,
    with_developed,
)
from devenv.engines.spack.own_models import compilers_of
from devenv.engines.spack.program import Spack, bare, command, scrubbed
from devenv.engines.spack.running import built_from, contribution, run_variables
from devenv.engines.spack.scope import ScopeConfiguration, scope_files, text_key
from devenv.engines.spack.setup import Ready, status
from devenv.engines.spack.site import Setting, repositories_of
from devenv.engines.spack.user_manifest import top_of
from devenv.environment.handle import Env
from devenv.system.spack import installed, missing_prefixes, variants

SPACK = Spack("/s/core", "/s/recipes", "/v/bin/python", "c" * 40, "p" * 40, "1.1.0")


@pytest.fixture
def stands_ready(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Context:
    """A home in which Spack is set up."""
    context = make_context({"DEVENV_HOME": str(tmp_path), "HOME": str(tmp_path)}, tmp_path)
    ready = Ready(SPACK, context.settings.spack)
    monkeypatch.setattr("devenv.engines.spack.engine.find_ready", lambda context: ready)
    return context


def test_the_engine_is_what_is_asked_for_then_set_then_what_is_there(
    stands_ready: Context, tmp_path: Path
) -> None:
    with_specs = Template("t", "s", "neuron", (), spack=("py-x",))
    without = Template("t", "s", "neuron", ())
    set_up = replace(stands_ready, settings=replace(stands_ready.settings, engine=""))
    in_settings = replace(stands_ready, settings=replace(stands_ready.settings, engine="spack"))
    assert choose(in_settings, "venv", with_specs, "") == ("venv", "as requested")
    assert choose(in_settings, "", without, "") == ("spack", "as the settings say")
    assert choose(set_up, "", with_specs, "") == ("spack", "since Spack is set up")
    unfit = "since the template says nothing for Spack"
    assert choose(set_up, "", without, "") == ("venv", unfit)
    assert choose(set_up, "", with_specs, "modules:x")[0] == "venv"
    with pytest.raises(UsageError, match="unknown engine 'spak' in --engine"):
        choose(set_up, "spak", with_specs, "")


def test_without_spack_the_engine_is_venv(tmp_path: Path) -> None:
    context = make_context({"DEVENV_HOME": str(tmp_path), "HOME": str(tmp_path)}, tmp_path)
    template = Template("t", "s", "neuron", (), spack=("py-x",))
    assert choose(context, "", template, "") == ("venv", "since Spack is not set up")


def test_nothing_of_another_spack_or_environment_reaches_spack() -> None:
    environ = {
        "PATH": "/home/me/dh/envs/x/bin:.:/usr/bin::/opt/bin",
        "HOME": "/home/me",
        "SPACK_ENV": "/elsewhere",
        "SPACK_ROOT": "/other",
        "PYTHONPATH": "/fake",
        "PYTHONHOME": "/fake",
        "HOC_LIBRARY_PATH": "/hoc",
        "NRNMECH_LIB_PATH": "/lib.so",
        "https_proxy": "http://proxy",
    }
    after = scrubbed(environ, "/cache", ["/home/me/dh"])
    assert after["PATH"] == "/usr/bin:/opt/bin"
    assert {n for n in after if n.startswith("SPACK_")} == {
        "SPACK_DISABLE_LOCAL_CONFIG",
        "SPACK_USER_CACHE_PATH",
        "SPACK_USER_CONFIG_PATH",
    }
    assert after["SPACK_USER_CACHE_PATH"] == "/cache"
    assert (after["HOME"], after["https_proxy"]) == ("/home/me", "http://proxy")
    assert not {"PYTHONPATH", "PYTHONHOME", "HOC_LIBRARY_PATH", "NRNMECH_LIB_PATH"} & set(after)


def test_the_command_names_its_scope_and_its_environment_or_none() -> None:
    argv = command(SPACK, ("/scope",), "install", "-j2", env="/env")
    assert argv == (
        *("/v/bin/python", "-u", "-E", "/s/core/bin/spack", "--color=never"),
        *("-C", "/scope", "-D", "/env", "install", "-j2"),
    )
    assert "-E" in command(SPACK, (), "find")[5:]


def answer(program: str, path: str, said: str) -> ToolOutput:
    return ToolOutput(next(tool for tool in TOOLS if tool.program == program), path, said)


def test_externals_are_what_the_programs_themselves_say() -> None:
    beside = {"/usr/bin": frozenset({"gcc", "g++"}), "/opt/clang/bin": frozenset({"clang"})}
    externals = detected_externals(
        [
            answer("gcc", "/usr/bin/gcc", "12.2.0\n"),
            answer("cmake", "/opt/cmake/bin/cmake", "cmake version 3.25.1\n"),
            answer("mpicc", "/usr/bin/mpicc", "mpicc: Open MPI 4.1.4 (Language: C)\n"),
            answer("pkg-config", "/usr/bin/pkg-config", "1.8.1\n"),
            answer("clang", "/opt/clang/bin/clang", "Debian clang version 14.0.6\n"),
            answer("ninja", "/usr/bin/ninja", "no version here\n"),
        ],
        beside,
    )
    assert [(e.spec, e.prefix) for e in externals] == [
        ("gcc@12.2.0 languages='c,c++'", "/usr"),
        ("cmake@3.25.1", "/opt/cmake"),
        ("openmpi@4.1.4", "/usr"),
        ("pkgconf@1.8.1", "/usr"),
    ]
    assert externals[0].compilers == {"c": "/usr/bin/gcc", "cxx": "/usr/bin/g++"}
    cuda = next(tool for tool in TOOLS if tool.package == "cuda")
    assert cuda.needed("/opt/cuda/bin/nvcc") == "/opt/cuda/include/cuda.h"
    assert in_a_prefix("/usr/bin/cmake")
    assert not in_a_prefix("/home/me/.pyenv/shims/cmake")
    own = (External("cmake@3.30", "/site"),)
    assert merged(own, externals)[0] == own[0]
    assert [e.package for e in merged(own, externals)].count("cmake") == 1


def test_the_scope_settles_what_the_machine_and_the_site_settle() -> None:
    gcc = External("gcc@12.2.0", "/usr", compilers={"c": "/usr/bin/gcc", "cxx": "/usr/bin/g++"})
    mpi = External("hpe-mpi@2.27", "/opt/mpt", modules=("hpe-mpi/2.27",))
    site = Site(
        target="x86_64_v3",
        upstreams={"site": "/opt/spack"},
        providers={"blas": ("openblas",)},
        mirrors={"sources": "file:///m"},
        caches={"builds": "file:///c"},
    )
    wanted = ScopeConfiguration(
        {"devenv": "/d", "builtin": "/b"}, "/store", "x86_64", (gcc, mpi), site
    )
    files = scope_files(wanted)
    read = {name: yaml.safe_load(text) for name, text in files.items()}
    packages = read["packages.yaml"]["packages"]
    assert packages["all"]["require"] == ["target=x86_64_v3"]
    assert packages["gcc"]["buildable"] is False
    assert packages["c"]["require"] == packages["cxx"]["require"] == ["gcc"]
    assert packages["mpi"]["require"] == ["hpe-mpi"]
    assert packages["blas"]["require"] == ["openblas"]
    assert "fortran" not in packages
    assert packages["hpe-mpi"]["externals"][0]["modules"] == ["hpe-mpi/2.27"]
    assert read["upstreams.yaml"]["upstreams"] == {"site": {"install_tree": "/opt/spack"}}
    mirrors = read["mirrors.yaml"]["mirrors"]
    assert (mirrors["sources"]["binary"], mirrors["builds"]["source"]) == (False, False)
    assert list(read["repos.yaml"]["repos:"]) == ["devenv", "builtin"]
    assert read["bootstrap.yaml"]["bootstrap"]["enable"] is False
    assert text_key(files) == text_key(dict(reversed(files.items())))
    other = scope_files(ScopeConfiguration({"builtin": "/b"}, "/store", "x86_64"))
    assert text_key(other) != text_key(files)


def test_a_site_file_is_read_and_misspelt_keys_are_not(tmp_path: Path) -> None:
    example = load_site("example", site_folders(tmp_path))
    assert example.providers == {"mpi": ("hpe-mpi",)}
    assert [e.package for e in example.externals] == ["hpe-mpi", "gcc"]
    assert example.externals[1].compilers["fortran"].endswith("/gfortran")
    assert load_site("", ()) == Site()
    with pytest.raises(UsageError, match="unknown site 'exampel'"):
        load_site("exampel", site_folders(tmp_path))
    path = tmp_path / "mine.yaml"
    path.write_text("upstream: {a: /a}\n")
    with pytest.raises(UsageError, match="upstream"):
        load_site(str(path), ())
    with pytest.raises(UsageError, match="cannot read the site file"):
        load_site(str(tmp_path / "none.yaml"), ())


def test_the_templates_ask_for_what_the_recipes_offer() -> None:
    """A variant of a template that its recipe does not know would fail at the first build."""
    text = (REPOSITORY / RECIPE).read_text(encoding="utf-8")
    known = variants(text)
    for name in ("neocortex", "hippocampus", "thalamus", "mousify"):
        template = load_template(name, (REPOSITORY / "envs",))
        assert set(template.variants) <= known
        model = next(spec for spec in template.spack if package_of(spec) == "neurodamus-models")
        assert "{variants}" in model


RECIPE = "spack-repos/devenv/spack_repo/devenv/packages/neurodamus_models/package.py"


def test_specs_are_taken_apart_and_put_together() -> None:
    assert package_of("py-x@4.2+a ^mpi") == "py-x"
    assert version_of("py-x@=4.2 +a") == "=4.2"
    assert version_of("py-x+a@b") == ""
    assert spec_of("py-x@4.2+a", "develop") == "py-x@develop+a"
    assert spec_of("py-x model=a ^py-y@2", "develop") == "py-x@develop model=a ^py-y@2"
    assert spec_of("py-x@=develop ~b", "") == "py-x ~b"
    asked = {"c": True, "model": "d"}
    assert roots(("a@1 ~c", "b ~c~ca {variants}"), asked) == ("a@1 ~c", "b ~ca +c model=d")
    developed = (DevelopSpec("a", "/a"), DevelopSpec("z", "/z", "main"))
    assert with_developed(("a@1", "b"), developed) == ("a@develop", "b", "z@main")
    assert released(("a@develop", "b", "z@main"), {"a", "z"}, ("a@1",)) == ("a@1", "b")


TEXT = """\
# mine
spack:
  specs:
  # the first
  - py-a@1.0   # of them
  - "b +c"
  view: true
  packages: {all: {require: target=x86_64}}
"""


def edited(text: str, specs: tuple[str, ...], develop: dict[str, dict[str, str]]) -> str:
    return edited_manifest(text, specs, develop, "spack.yaml", lambda spec: package_of(str(spec)))


def test_a_matrix_of_specs_is_kept_as_it_is() -> None:
    matrix = {"matrix": [["a"], ["@1", "@2"]]}
    assert with_developed((matrix, "b@1"), (DevelopSpec("b", "/b"),)) == (matrix, "b@develop")
    assert released((matrix, "b@develop"), ["b"], ()) == (matrix,)


def test_an_edit_changes_its_entries_and_nothing_else() -> None:
    entry = {"spec": "py-a@=develop", "path": "/src/a"}
    after = edited(TEXT, ("py-a@develop", "b +c"), {"py-a": entry})
    begun = TEXT.replace("py-a@1.0", "py-a@develop")
    assert after == f"{begun}  develop:\n    py-a:\n      spec: py-a@=develop\n      path: /src/a\n"
    assert edited(after, ("py-a@1.0", "b +c"), {}) == TEXT
    assert edited(TEXT, ("py-a@1.0", "b +c"), {}) is TEXT
    more = edited(after, ("py-a@develop", "b +c"), {"py-a": {**entry, "path": "/b"}, "z": entry})
    assert more == after.replace("/src/a", "/b") + (
        "    z:\n      spec: py-a@=develop\n      path: /src/a\n"
    )
    assert edited(more, ("py-a@develop", "b +c"), {"z": entry}).count("path") == 1
    flow = "spack: {specs: [a, b@1], develop: {a: {spec: a@=1, path: /a}}}\n"
    said = edited(flow, ("a", "b@2"), {"a": entry, "z": entry})
    assert yaml.safe_load(said)["spack"] == {
        "specs": ["a", "b@2"],
        "develop": {"a": entry, "z": entry},
    }
    assert yaml.safe_load(new_manifest(("x", "y +z")))["spack"]["specs"] == ["x", "y +z"]


@pytest.mark.parametrize(
    "data",
    [
        None,
        {"spcak": {}},
        {"spack": {"specs": "a"}},
        {"spack": {"specs": ["a", 1]}},
        {"spack": {"specs": [None]}},
        {"spack": {"develop": {"a": {"path": "/a"}}}},
    ],
)
def test_a_manifest_that_is_none_is_refused(data: object) -> None:
    with pytest.raises(UsageError, match=r"spack\.yaml"):
        read_manifest(data, "spack.yaml")


def test_a_generation_has_absolute_paths_and_a_view_of_its_own() -> None:
    text = "spack: {specs: [a], develop: {a: {spec: a@=1, path: src}}, include: [x.yaml]}"
    top = top_of(text, Path("/envs/e/spack.yaml"))
    made = yaml.safe_load(generation_manifest(top, "/envs/e", "/envs/e/spack/k/view"))["spack"]
    assert made["develop"]["a"]["path"] == "/envs/e/src"
    assert made["include"] == ["/envs/e/x.yaml"]
    assert made["view"] == "/envs/e/spack/k/view"


@pytest.mark.parametrize(
    ("asked", "made"),
    [
        (True, "/v"),
        (False, "/v"),
        ("/mine", {"default": {"root": "/v"}, "named": {"root": "/mine"}}),
        ({"x": "y"}, {"default": {"root": "/v"}, "x": {"root": "/e/y"}}),
        (
            {"default": {"root": "y", "link": "roots", "exclude": ["z"]}},
            {
                "default": {"root": "/v", "exclude": ["z"]},
                "named": {"root": "/e/y", "link": "roots", "exclude": ["z"]},
            },
        ),
    ],
)
def test_the_view_of_an_activation_is_always_there(asked: object, made: object) -> None:
    """Turned off or moved, an environment would be built whose activation leads nowhere."""
    top = {"specs": ["a"], "develop": {}, "view": asked}
    assert yaml.safe_load(generation_manifest(top, "/e", "/v"))["spack"]["view"] == made


def test_specs_may_be_more_than_texts() -> None:
    matrix = {"matrix": [["a"], ["+x"]]}
    top = read_manifest({"spack": {"specs": [matrix, "$names", "b@1"]}}, "spack.yaml")
    assert [package_of(spec) for spec in top["specs"]] == ["", "", "b"]
    specs = with_developed(released(top["specs"], ["b"], ("b@2",)), [DevelopSpec("c", "/c")])
    assert specs == (matrix, "$names", "b@2", "c@develop")


def test_what_recipes_set_is_asked_for_where_nothing_is_active() -> None:
    environ = {"PATH": "/usr/bin", "HOME": "/h", "SPACK_PYTHON": "/p", "CMAKE_PREFIX_PATH": "/v"}
    assert bare({**environ, "TRIAL_ROOT": "/v", "DEVENV_HOME": "/d"}) == {
        name: value for name, value in environ.items() if name != "CMAKE_PREFIX_PATH"
    }


def test_what_the_user_says_of_packages_is_stronger_than_what_the_machine_has() -> None:
    text = "spack: {specs: [a], packages: {'neuron:': {buildable: true}, a: {require: '@1:'}}}"
    top = read_manifest(yaml.safe_load(text), "here")
    # `neuron::` replaces; in quotes it would be a package of the name "neuron:".
    assert "\n    neuron::\n" in generation_manifest(top, "/e", "/v")
    store = {"install_tree": {"root": "/ours"}}
    config = {"ccache": True, "install_tree": {"root": "/theirs"}}
    scope = own_scope({**top, "config": config, "view": False}, store)
    # Whatever it says of the store: what devenv installs stands in its own.
    assert yaml.safe_load(scope["config.yaml"]) == {"config": {"ccache": True, **store}}
    assert sorted(scope) == ["config.yaml", "packages.yaml"]
    assert "\n  neuron::\n    buildable: true\n" in scope["packages.yaml"]
    assert "\n  a:\n" in scope["packages.yaml"]
    assert own_scope({"specs": ["a"], "develop": {}, "view": True}, store) == {}


def lock(*nodes: dict[str, object], root: str = "m") -> SpackLock:
    data = {
        "roots": [{"spec": root, "hash": root}],
        "concrete_specs": {str(node.get("hash", node["name"])): node for node in nodes},
    }
    return read_spack_lock(json.dumps(data), "spack.lock")


def node(name: str, version: str = "1.0", needs: str = "", **more: object) -> dict[str, object]:
    dependencies = [
        {
            "name": n,
            "hash": n,
            "parameters": {"deptypes": ["build"] if n == "cmake" else ["link", "run"]},
        }
        for n in needs.split()
    ]
    return {"name": name, "version": version, "dependencies": dependencies, **more}


MODEL = node(
    "m", "2.4", "py-a neuron cmake", parameters={"coreneuron": False, "model": "neocortex"}
)
PYTHON = node("python", "3.11.7", external={"path": "/py"})
NEURON = node("neuron", "9.0.1", "python", external={"path": "/wheels"}, parameters={"mpi": True})
PACKAGE = node("py-a", "4.2", "python")


def test_a_lock_is_read() -> None:
    detected_externals = lock(MODEL, PACKAGE, NEURON, PYTHON, node("cmake"))
    assert [n.name for n in detected_externals.running()] == ["m", "py-a", "neuron", "python"]
    model = detected_externals.named("m")
    assert model and model.variants == "~coreneuron model=neocortex"
    with pytest.raises(StateError, match="is damaged"):
        read_spack_lock("{", "spack.lock")


def test_what_stands_on_a_dev_source_is_known() -> None:
    developed = {**PACKAGE, "parameters": {"dev_path": "/src/a"}}
    detected_externals = lock(MODEL, developed, NEURON, PYTHON, node("cmake"))
    assert {n.name for n in built_from(detected_externals, ["/src/a"])} == {"m", "py-a"}


SAID = """\
export SPACK_ENV=/e;
alias despacktivate='spack env deactivate';
export ACLOCAL_PATH=/usr/share/aclocal:/v/share/aclocal:.;
export CORENEURONLIB=/v/lib/libcorenrnmech.so;
export HOC_LIBRARY_PATH=/v/share/hoc:/v/share/more:;
export MANPATH=/v/man:;
export PATH=/v/bin:/py/bin:/usr/bin:/bin;
export PYTHONPATH=/usr/misc:.;
export A_TITLE='with a blank';
"""


def test_an_activation_takes_values_and_leaves_litter() -> None:
    said = run_variables(SAID, {"PATH": "/usr/bin:/bin"})
    assert said.scalars == {"CORENEURONLIB": "/v/lib/libcorenrnmech.so", "A_TITLE": "with a blank"}
    detected_externals = lock(MODEL, PACKAGE, NEURON, PYTHON, node("cmake"))
    delta = contribution(detected_externals, said, "/v", "3.11")
    after = apply(delta, {"HOC_LIBRARY_PATH": "/mine", "PATH": "/usr/bin"})
    assert after["HOC_LIBRARY_PATH"] == "/v/share/hoc:/v/share/more:/mine"
    assert after["PATH"] == "/v/bin:/wheels/bin:/usr/bin"
    assert after["ACLOCAL_PATH"] == "/v/share/aclocal"
    below = "lib/python3.11/site-packages"
    assert after["PYTHONPATH"] == f"/v/{below}:/wheels/{below}"
    assert "MANPATH" not in after
    assert "SPACK_ENV" not in after
    assert all(isinstance(edit, (Prepend, Set)) for edit in delta.edits)
    # A NEURON that Spack built has a folder of its own in the view, in front of a wheel's.
    built = {name: value for name, value in NEURON.items() if name != "external"}
    numpy = node("py-numpy", external={"path": "/wheels"})
    detected_externals = lock(
        MODEL, {**PACKAGE, **node("py-a", "4.2", "python py-numpy")}, built, PYTHON, numpy
    )
    after = apply(contribution(detected_externals, said, "/v", "3.11"), {})
    assert after["PYTHONPATH"] == f"/v/lib/python:/v/{below}:/wheels/{below}"


UNSATISFIABLE = """\
==> Error: failed to concretize `m@99` for the following reasons:
     1. Cannot satisfy 'm@99' 1(1.0)
     2. Cannot satisfy 'm@99' 4(1.0)
        required because m@99 requested explicitly . You could consider setting `concretizer:unify` to x.
"""
BUILD = """\
==> tool: Executing phase: 'edit'
==> tool: Executing phase: 'build'
==> Error: ProcessError: Command exited with status 2:
    '/usr/bin/make' '-j2'

2 errors found in build log:
  >> 6     nothing.c:1:21: error: 'thing' undeclared (first use in t
           his function)
     7         1 | int main() { return thing; }

See build log for details:
  /s/stage/spack-stage-tool-1.0/spack-build-out.txt

==> Error: tool-1.0-abc: Package was not installed
"""
REFUSED = """\
==> neuron: Executing phase: 'cmake'
==> Error: InstallError: submodules of /nrn are empty: external/eigen
    git -C /nrn submodule update --init --recursive external/eigen

/repos/packages/neuron/package.py:174, in _require_submodules:
        173        if empty:
  >>    174            raise InstallError(

See build log for details:
  /s/stage/spack-stage-neuron-develop/spack-build-out.txt
"""

FETCH = """\
==> Error: FetchError: All fetchers failed for spack-stage-a-1.0-2acrojyhnrxdcej3zrhvt476wgtxv4pc
    https://m/x.tar.gz: DetailedURLError: GET https://m/x.tar.gz errored with: [Errno -2] Name unknown
==> Error: a-1.0: Package was not installed
"""


def test_a_spack_of_the_users_that_is_gone_is_not_ready(tmp_path: Path) -> None:
    context = make_context({"DEVENV_HOME": str(tmp_path), "HOME": str(tmp_path)}, tmp_path)
    spack = Spack(str(tmp_path / "gone"), "/r", "/v/bin/python", "", "", "1.1.0")
    (tmp_path / "spack").mkdir()
    kept = {"spack": asdict(spack), "wanted": asdict(SpackSettings())}
    (tmp_path / "spack" / "spack.json").write_text(json.dumps(kept), encoding="utf-8")
    detected_externals = status(context)
    assert (detected_externals.code, detected_externals.data["ready"]) == (6, False)
    assert "gone/bin/spack does not exist any more" in "\n".join(detected_externals.lines)


def test_what_is_installed_is_found_without_its_path_too(tmp_path: Path) -> None:
    """After `spack reindex` and an install of what was lost Spack's own index has none."""
    place = tmp_path / "linux-x86_64" / "a-1.0-abc"
    place.mkdir(parents=True)
    (tmp_path / ".spack-db").mkdir()
    entries = {
        "abc": {"installed": True, "path": None},
        "def": {"installed": True, "path": None},
        "ghi": {"installed": True, "path": "/there"},
        "jkl": {"installed": False, "path": "/gone"},
    }
    text = json.dumps({"database": {"installs": entries}})
    (tmp_path / ".spack-db" / "index.json").write_text(text, encoding="utf-8")
    assert installed([tmp_path]) == {"abc": str(place), "ghi": "/there"}
    assert missing_prefixes(tmp_path) == ()
    entries["abc"]["path"] = f"{tmp_path}/linux-x86_64/gone"
    text = json.dumps({"database": {"installs": entries}})
    (tmp_path / ".spack-db" / "index.json").write_text(text, encoding="utf-8")
    assert missing_prefixes(tmp_path) == (f"{tmp_path}/linux-x86_64/gone",)


def test_what_a_site_says_too_little_of_is_named(tmp_path: Path) -> None:
    site = tmp_path / "site.yaml"
    site.write_text("repositories: {mine: /nowhere}\n", encoding="utf-8")
    context = make_context({"DEVENV_HOME": str(tmp_path), "DEVENV_SITE": str(site)}, tmp_path)
    with pytest.raises(UsageError, match=r"recipes of 'mine' in /nowhere, which has no repo\.yaml"):
        repositories_of(context, SPACK)

    def fix(*externals: External) -> str:
        setting = Setting(Path("/s"), Path("/c"), ScopeConfiguration({}, "/store", "x", externals))
        with pytest.raises(PreconditionError) as raised:
            require_compiler(setting)
        return raised.value.fix

    assert "gcc@99, in the site's file" in fix(External("gcc@99", "/usr"))
    assert "site" not in fix(External("cmake@3.30", "/usr"))


def test_a_full_disk_is_no_fault_of_the_specs() -> None:
    error = "==> Error: OSError: [Errno 28] No space left on device"
    detected_externals = reason(f"==> tool: Executing phase: 'install'\n{error}\n", "spack.yaml")
    assert detected_externals.what.startswith("the disk is full")
    assert "spack.yaml" not in detected_externals.fix


def test_spacks_failures_are_told_by_their_cause() -> None:
    why = reason(UNSATISFIABLE, "spack.yaml")
    assert why.what == "Spack finds no solution:\n    - Cannot satisfy 'm@99' (there is 1.0)"
    assert "spack.yaml" in why.fix
    why = reason(BUILD, "spack.yaml")
    assert "tool failed in its phase 'build'" in why.what
    assert "'thing' undeclared (first use in this function)" in why.what
    assert why.log == "/s/stage/spack-stage-tool-1.0/spack-build-out.txt"
    why = reason(REFUSED, "spack.yaml")
    assert why.what == "neuron: submodules of /nrn are empty: external/eigen"
    assert why.fix == "git -C /nrn submodule update --init --recursive external/eigen"
    why = reason(FETCH, "spack.yaml")
    assert (
        why.what == "the source of a-1.0 cannot be fetched:\n    - https://m/x.tar.gz: Name unknown"
    )
    why = reason("==> Error: No such variant {'x'} for spec: 'm+x'\n", "spack.yaml")
    assert (why.package, why.variant) == ("m", "x")
    assert reason("==> Error: Package 'q' not found.\n", "spack.yaml").missing == "q"
    assert "the last words" in reason("the last words\n", "spack.yaml").what


def record(*needs: str, external: bool = False) -> dict[str, Any]:
    kinds = {"parameters": {"deptypes": ["build"]}}
    spec = {"name": "one", "version": "1", "dependencies": [{"hash": n, **kinds} for n in needs]}
    return {"spec": {**spec, **({"external": {"path": "/usr"}} if external else {})}}


def test_what_nothing_needs_is_unused_be_it_only_to_build() -> None:
    there = read_records(
        {
            "a": record("b"),
            "b": record("c", "gone"),
            "c": record(),
            "d": record("c", "e"),
            "e": record(),
            "f": record(external=True),
        },
        "index.json",
    )
    assert {node.hash for node in unused(there, ["a", "elsewhere"])} == {"d", "e"}
    assert {node.hash for node in unused(there, [])} == set("abcde")
    with pytest.raises(StateError, match=r"index\.json is damaged"):
        read_records({"a": {"path": "/x"}}, "index.json")


def test_a_model_beside_the_recipes_is_compiled_with_the_compiler_that_spack_took() -> None:
    clang, gcc = {"c": "/l/clang", "cxx": "/l/clang++"}, {"c": "/g/gcc-12", "cxx": "/g/g++-12"}
    there = (
        External("llvm@15.0.6", "/l", compilers=clang),
        External("gcc@12.2.0", "/g", compilers=gcc),
    )
    chosen = lock(node("m", needs="gcc"), node("gcc", "12.2.0"), node("llvm", "15.0.6"))
    model = chosen.named("m")
    assert model
    assert compilers_of(chosen, model, there) == {"CXX": "/g/g++-12", "CC": "/g/gcc-12"}
    assert compilers_of(lock(node("m")), model, there) == {}


def test_packages_of_pip_are_refused(stands_ready: Context) -> None:
    request = stands_ready.layout.env("mine").request
    request.parent.mkdir(parents=True)
    request.write_text("template: neocortex\nengine: spack\n")
    with pytest.raises(UsageError, match="mine uses the engine spack: its packages are specs"):
        SpackEngine().require_packages(Env(stands_ready, "mine"))
