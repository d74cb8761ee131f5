TITLE Delayed potassium conductance of the ring example

COMMENT
Source: A. L. Hodgkin and A. F. Huxley (1952), "A quantitative description of membrane
current and its application to conduction and excitation in nerve", J. Physiol. 117:500-544.
    g_K = n^4 gbar                           eq. (6)
    dn/dt, first order                       eq. (7)
    alpha_n, beta_n                          eqs. (12) and (13)
    gbar = 36 mS/cm2, V_K = +12 mV           table 3
    rates grow threefold in 10 degC from 6.3 degC (the factor phi of part III)
The paper counts the potential from rest, and a depolarisation as negative. Here
u = v - vrest is positive for a depolarisation, so the sign of V is turned in each rate.
ENDCOMMENT

NEURON {
    THREADSAFE
    SUFFIX ring_k
    USEION k READ ek WRITE ik
    RANGE gbar, vrest, g, ninf, ntau
}

UNITS {
    (S) = (siemens)
    (mV) = (millivolt)
    (mA) = (milliamp)
}

PARAMETER {
    gbar = 0.036 (S/cm2)
    vrest = -65 (mV)
}

ASSIGNED {
    v (mV)
    celsius (degC)
    ek (mV)
    ik (mA/cm2)
    g (S/cm2)
    ninf (1)
    ntau (ms)
}

STATE {
    n (1)
}

INITIAL {
    rates(v)
    n = ninf
}

BREAKPOINT {
    SOLVE gate METHOD cnexp
    g = gbar * n * n * n * n
    ik = g * (v - ek)
}

DERIVATIVE gate {
    rates(v)
    n' = (ninf - n) / ntau
}

PROCEDURE rates(v (mV)) {
    LOCAL u, phi, an, bn
    : plain numbers as in the paper: u in mV, the rates in 1/ms
    u = (v - vrest) / 1 (mV)
    phi = 3 ^ ((celsius - 6.3 (degC)) / 10 (degC))
    an = 0.1 * quotient((10 - u) / 10)
    bn = 0.125 * exp(-u / 80)
    ninf = an / (an + bn)
    ntau = 1 (ms) / (phi * (an + bn))
}

: x / (exp(x) - 1); near 0, where that is 0/0, the first terms of its Taylor series
FUNCTION quotient(x) {
    if (fabs(x) < 1e-5) {
        quotient = 1 - x / 2
    } else {
        quotient = x / (exp(x) - 1)
    }
}
