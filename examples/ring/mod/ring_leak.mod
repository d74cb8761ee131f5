TITLE Leak conductance of the ring example

COMMENT
Source: A. L. Hodgkin and A. F. Huxley (1952), J. Physiol. 117:500-544.
    I_l = gbar_l (V - V_l)                   eq. (5)
    gbar_l = 0.3 mS/cm2, V_l = -10.613 mV    table 3
With rest at -65 mV and the sign of V turned, V_l lies at -65 + 10.613 = -54.387 mV.
ENDCOMMENT

NEURON {
    THREADSAFE
    SUFFIX ring_leak
    NONSPECIFIC_CURRENT i
    RANGE g, e
}

UNITS {
    (S) = (siemens)
    (mV) = (millivolt)
    (mA) = (milliamp)
}

PARAMETER {
    g = 0.0003 (S/cm2)
    e = -54.387 (mV)
}

ASSIGNED {
    v (mV)
    i (mA/cm2)
}

BREAKPOINT {
    i = g * (v - e)
}
