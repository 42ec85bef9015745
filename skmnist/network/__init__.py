"""The Keras network and how it runs: what it is, how it trains, how it predicts.

Nothing here knows scikit-learn: arrays come in validated, classes come in as the integers
0 to ``n_classes - 1``.
"""
