TITLE Fast sodium conductance of the ring example

COMMENT
Source: A. L. Hodgkin and A. F. Huxley (1952), "A quantitative description of membrane
current and its application to conduction and excitation in nerve", J. Physiol. 117:500-544.
    g_Na = m^3 h gbar                        eq. (14)
    dm/dt and dh/dt, first order             eqs. (15) and (16)
    alpha_m, beta_m, alpha_h, beta_h         eqs. (20), (21), (23) and (24)
    gbar = 120 mS/cm2, V_Na = -115 mV        table 3
    rates grow threefold in 10 degC from 6.3 degC (the factor phi of part III)
The paper counts the potential from rest, and a depolarisation as negative. Here
u = v - vrest is positive for a depolarisation, so the sign of V is turned in each rate.
ENDCOMMENT

NEURON {
    THREADSAFE
    SUFFIX ring_na
    USEION na READ ena WRITE ina
    RANGE gbar, vrest, g, minf, hinf, mtau, htau
}

UNITS {
    (S) = (siemens)
    (mV) = (millivolt)
    (mA) = (milliamp)
}

PARAMETER {
    gbar = 0.12 (S/cm2)
    vrest = -65 (mV)
}

ASSIGNED {
    v (mV)
    celsius (degC)
    ena (mV)
    ina (mA/cm2)
    g (S/cm2)
    minf (1)
    hinf (1)
    mtau (ms)
    htau (ms)
}

STATE {
    m (1)
    h (1)
}

INITIAL {
    rates(v)
    m = minf
    h = hinf
}

BREAKPOINT {
    SOLVE gates METHOD cnexp
    g = gbar * m * m * m * h
    ina = g * (v - ena)
}

DERIVATIVE gates {
    rates(v)
    m' = (minf - m) / mtau
    h' = (hinf - h) / htau
}

PROCEDURE rates(v (mV)) {
    LOCAL u, phi, am, bm, ah, bh
    : plain numbers as in the paper: u in mV, the rates in 1/ms
    u = (v - vrest) / 1 (mV)
    phi = 3 ^ ((celsius - 6.3 (degC)) / 10 (degC))
    am = quotient((25 - u) / 10)
    bm = 4 * exp(-u / 18)
    ah = 0.07 * exp(-u / 20)
    bh = 1 / (exp((30 - u) / 10) + 1)
    minf = am / (am + bm)
    mtau = 1 (ms) / (phi * (am + bm))
    hinf = ah / (ah + bh)
    htau = 1 (ms) / (phi * (ah + bh))
}

: x / (exp(x) - 1); near 0, where that is 0/0, the first terms of its Taylor series
FUNCTION quotient(x) {
    if (fabs(x) < 1e-5) {
        quotient = 1 - x / 2
    } else {
        quotient = x / (exp(x) - 1)
    }
}
