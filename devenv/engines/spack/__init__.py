"""The Spack engine. It calls the Spack executable and never imports Spack."""
