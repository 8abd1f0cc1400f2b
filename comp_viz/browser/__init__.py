"""A model in the visitor's browser: the engine that answers there (`js/engine.js`), its runtime, and what is sent to it."""
