"""The header by which a model alone sees libsonatareport."""

from __future__ import annotations

from devenv.models.reports import functions, private_header

HEADER = """
/*! Like sonata_of_a_comment(x). */
int sonata_add_node(const char* name,
                    uint64_t id);  // after sonata_of_another()
void sonata_clear();
int sonata_add_element_handle(std::function<double()> value);
"""
EXPORTED = {"sonata_add_node", "_Z25sonata_add_element_handleSt8functionIFdvEE", "_ZN6sonata3addEv"}


def test_what_the_library_declares_is_called_by_the_name_that_it_exports() -> None:
    names = ("sonata_add_element_handle", "sonata_add_node", "sonata_clear")
    assert functions(HEADER) == names
    text = private_header('/opt/a "b"', HEADER, EXPORTED)
    defined = [line for line in text.splitlines() if line.startswith("#define")]
    assert [line.split()[1] for line in defined] == list(names)
    found = [line.partition('find("')[2].partition('"')[0] for line in defined]
    # What is declared and not there is told by its name when it is called.
    assert found == [
        "_Z25sonata_add_element_handleSt8functionIFdvEE",
        "sonata_add_node",
        "sonata_clear",
    ]
    assert 'dlopen("/opt/a \\"b\\"/lib/libsonatareport.so", RTLD_NOW | RTLD_LOCAL)' in text
    assert '#include "/opt/a \\"b\\"/include/bbp/sonata/reports.h"' in text
