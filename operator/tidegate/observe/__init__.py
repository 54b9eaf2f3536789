"""From raw objects to worlds: narrow views, the store that holds them, and what each decision gets to see.

Between the adapters and the shell, because the model cluster observes through the very same code.
"""
