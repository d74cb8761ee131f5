"""devenv data: the files that simulations need, fetched once."""

from __future__ import annotations

from pathlib import Path

from devenv.config.data import checked_data
from devenv.core.names import unknown
from devenv.core.plan import Plan, Write
from devenv.core.result import Result, Table
from devenv.core.template import Data
from devenv.environment.foundation import template_of
from devenv.environment.handle import Env
from devenv.sources.data import fetched, look
from devenv.sources.described import of_source
from devenv.store.carry import carry_out
from devenv.store.changing import changing
from devenv.store.observe import DATA_RECORD


def get_data(env: Env, name: str) -> Result:
    """Fetch one, where it is not there; the line is its folder. UsageError for an unknown name."""
    known = _known(env)
    if name not in known:
        raise unknown("data", name, known, env.request.template)
    data, beside = known[name]
    record = env.layout.root / DATA_RECORD
    with changing(env.context, env.name):
        path = fetched(env.context, name, data, beside)
        lines = record.read_text("utf-8").splitlines() if record.is_file() else []
        text = "".join(f"{line}\n" for line in sorted({*lines, str(path)}))
        carry_out(env.context, Plan("data", (Write(str(record), text),)))
    return Result((str(path),), data={"name": name, "path": str(path)})


def list_data(env: Env) -> Result:
    """What there is, where it comes from, and where it stands."""
    found = [look(env.context, n, data, beside) for n, (data, beside) in _known(env).items()]
    rows = tuple((one.name, one.state, one.source, str(one.path)) for one in found)
    keys = ("name", "state", "source", "path")
    data = {"data": [dict(zip(keys, row, strict=True)) for row in rows]}
    if not rows:
        return Result((f"{env.name} has no data: its template names none.",), data=data)
    return Result(table=Table(("NAME", "STATE", "SOURCE", "PATH"), rows), data=data)


def _known(env: Env) -> dict[str, tuple[Data, Path]]:
    """Name -> the data, and the folder that its paths start at: of dev sources, and of the template."""
    environment = env.request
    found: dict[str, tuple[Data, Path]] = {}
    for source in environment.develop:
        own = of_source(Path(source.path))
        for name, data in own.data.items() if own else ():
            found[name] = checked_data(name, data, source.path), Path(source.path)
    beside = Path(environment.template).parent
    for name, data in template_of(env.context, environment).data.items():
        found[name] = data, beside
    return found
