"""What a build is made of: the request in a ConfigMap, and a Job. Pure functions of the ModelBuild."""
