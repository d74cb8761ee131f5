"""The flags of NEURON's own makefile, from excerpts of the real files of 9.0.2 and 8.2.7."""

from __future__ import annotations

import pytest

from devenv.core.errors import StateError
from devenv.models import parse_makefile

NEURON_9 = r"""
bindir := ${ROOT}/bin
libdir := ${ROOT}/lib
incdir := ${ROOT}/include
IV_LINK =
ifeq ("ONOFF", "OFFOFF")
    ifeq ("ON", "ON")
        IV_LINK = -linterviews
    endif
endif
LDFLAGS = $(IV_LINK) $(LINKFLAGS) $(UserLDFLAGS)
NRNLIB_FLAGS = -L$(libdir) -lnrniv
NRNLIB_RPATH_FLAGS = -Wl,-rpath,$(libdir)
OS_NAME := $(shell uname)
_cm =,
INCLUDES = -I. $(INCFLAGS) $(UserINCFLAGS) -I$(incdir)
ifeq (OFF, ON)
  INCLUDES += $(if /usr/include/mpi, -I$(subst ;, -I,/usr/include/mpi),)
endif
ifeq ($(origin CXX), default)
    CXX = /opt/rh/gcc-toolset-10/root/usr/bin/g++
endif
CXXFLAGS = -O2    -std=c++17
CXXCOMPILE = $(CXX) $(CXXFLAGS) -DUSE_PYTHON -DHAVE_CONFIG_H
CFLAGS = -O2    -std=c17
CCOMPILE = $(CC) $(CFLAGS) -DUSE_PYTHON -DHAVE_CONFIG_H
CXX_LINK_EXE = $(CXX) $(CXXFLAGS)  -Wl,--unresolved-symbols=ignore-all
CXX_LINK_SHARED = $(CXX) $(CXXFLAGS) -shared -fPIC
special: $(mech_lib) $(datadir)/nrnmain.cpp
	$(CXX_LINK_EXE) -I $(incdir) -I $(incdir)/nrncvode -DAUTO_DLOPEN_NRNMECH=0 $(datadir)/nrnmain.cpp \
	-L$(OBJS_DIR) -l$(mech_libname)
"""

NEURON_8 = r"""
libdir := ${ROOT}/lib
incdir := ${ROOT}/include
LDFLAGS = $(LINKFLAGS) $(UserLDFLAGS)  -pthread
ifeq (ONONOFF$(if $(NRNDEMO),OFF,ON), ONONONON)
  NRNLIB_FLAGS = -L$(OUTPUT) -lnrniv-without-nvidia
  NRNLIB_RPATH_FLAGS = -Wl,-rpath,\$$ORIGIN
else
  NRNLIB_FLAGS = -L$(libdir) -lnrniv
  NRNLIB_RPATH_FLAGS = -Wl,-rpath,$(libdir)
endif
INCLUDES = -I. $(INCFLAGS) $(UserINCFLAGS) -I$(incdir)
CFLAGS = -O2 -Wno-write-strings  -std=c11
CXXFLAGS = -O2 -DVERSION_INFO='8.2.7' -std=c++11
# _GNU_SOURCE because some ModelDB uses M_PI
COMPILE = $(CC) $(CFLAGS) -D_GNU_SOURCE
CXXCOMPILE = $(CXX) $(CXXFLAGS) -DHAVE_CONFIG_H
CXX_LINK_EXE = $(CXX) $(CXXFLAGS)
CXX_LINK_SHARED = $(CXX) $(CXXFLAGS) -shared -fPIC
special: $(mech_lib)
	$(CXX_LINK_EXE) -I $(incdir) -DAUTO_DLOPEN_NRNMECH=0 $(datadir)/nrnmain.cpp
"""


def test_neuron_9_is_compiled_as_cxx() -> None:
    flags = parse_makefile(NEURON_9, "/n")
    assert flags.language == "c++"
    assert flags.mechanism == ("-O2", "-std=c++17", "-DUSE_PYTHON", "-DHAVE_CONFIG_H")
    assert flags.include == ("-I/n/include",)
    assert flags.shared == ("-O2", "-std=c++17", "-shared", "-fPIC")
    assert flags.special == ("-O2", "-std=c++17", "-Wl,--unresolved-symbols=ignore-all")
    assert flags.library == ("-L/n/lib", "-lnrniv", "-Wl,-rpath,/n/lib")
    assert flags.main == ("-DAUTO_DLOPEN_NRNMECH=0",)


def test_neuron_8_is_compiled_as_c() -> None:
    flags = parse_makefile(NEURON_8, "/n")
    assert flags.language == "c"
    assert flags.mechanism == ("-O2", "-Wno-write-strings", "-std=c11", "-D_GNU_SOURCE")
    assert flags.cxx == ("-O2", "-DVERSION_INFO=8.2.7", "-std=c++11", "-DHAVE_CONFIG_H")
    assert flags.library == ("-L/n/lib", "-lnrniv", "-Wl,-rpath,/n/lib", "-pthread")


def test_a_condition_that_holds_is_taken() -> None:
    flags = parse_makefile(NEURON_9.replace("ifeq (OFF, ON)", "ifeq (ON, ON)"), "/n")
    assert flags.include == ("-I/n/include", "-I/usr/include/mpi")


def test_a_home_with_blanks_and_quotes_stays_one_word() -> None:
    home = """/a b/it's "n" """
    assert parse_makefile(NEURON_9, home).include == (f"-I{home}/include",)


def test_another_file_is_refused() -> None:
    with pytest.raises(StateError, match="CXXCOMPILE and CXX_LINK_SHARED"):
        parse_makefile("all:\n\techo hello\n", "/n")
