"""JSON Schema: what a schema says about one value, and whether a value fits."""
