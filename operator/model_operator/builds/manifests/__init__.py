"""What a build is made of: a Job, whose pods carry the request. Pure functions of the ModelBuild."""
