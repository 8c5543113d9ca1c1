"""From weights and code to a float ONNX graph. The only room that imports torch and runs the model's code.

Nothing of it is believed later: optimize holds the graph against the outputs left here, and reads data for itself.
"""
