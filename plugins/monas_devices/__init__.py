"""Hardware targets: this machine and a catalogue of modelled ones."""
