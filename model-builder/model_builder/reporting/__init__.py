"""What a build says about itself: the full report inside the artifact, the short one for the termination message."""
