"""How good a model is: the field's metrics, and a checkpoint's evaluation over missing rates and seeds."""
