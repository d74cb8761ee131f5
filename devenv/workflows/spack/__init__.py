"""The steps of the verbs that only environments of Spack take."""
