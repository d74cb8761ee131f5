TITLE Excitatory synapse of the ring example

COMMENT
Conductance as a difference of two exponentials, scaled so that one event of weight w
reaches a peak of exactly w:
    g(t) = w f (exp(-t / tau_decay) - exp(-t / tau_rise))
    t_peak = tau_decay tau_rise / (tau_decay - tau_rise) ln(tau_decay / tau_rise)
    f = 1 / (exp(-t_peak / tau_decay) - exp(-t_peak / tau_rise))
Source: A. Roth and M. C. W. van Rossum (2009), "Modeling synapses", in: E. De Schutter (ed.),
Computational Modeling Methods for Neuroscientists, MIT Press, chapter 6, the part on the
double exponential function. The time constants are those of a fast AMPA current.
The weight is in nS, as the attribute "conductance" of a SONATA edge is.
tau_rise must stay below tau_decay.
ENDCOMMENT

NEURON {
    THREADSAFE
    POINT_PROCESS RingSyn
    NONSPECIFIC_CURRENT i
    RANGE tau_rise, tau_decay, e, g, scale
}

UNITS {
    (nA) = (nanoamp)
    (mV) = (millivolt)
    (nS) = (nanosiemens)
    (uS) = (microsiemens)
}

PARAMETER {
    tau_rise = 0.3 (ms) <1e-6, 1e6>
    tau_decay = 2 (ms) <1e-6, 1e6>
    e = 0 (mV)
}

ASSIGNED {
    v (mV)
    i (nA)
    g (nS)
    scale (1)
}

STATE {
    rise (nS)
    decay (nS)
}

INITIAL {
    LOCAL tpeak
    tpeak = tau_decay * tau_rise / (tau_decay - tau_rise) * log(tau_decay / tau_rise)
    scale = 1 / (exp(-tpeak / tau_decay) - exp(-tpeak / tau_rise))
    rise = 0
    decay = 0
}

BREAKPOINT {
    SOLVE state METHOD cnexp
    g = decay - rise
    i = (0.001) * g * (v - e)
}

DERIVATIVE state {
    rise' = -rise / tau_rise
    decay' = -decay / tau_decay
}

NET_RECEIVE(weight (nS)) {
    rise = rise + scale * weight
    decay = decay + scale * weight
}
