"""Image classification on images that come with the install, or on the user's own."""
