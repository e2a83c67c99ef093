"""Problems on published measurements."""
