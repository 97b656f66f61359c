"""The loop that all language architectures share: text in, tokens out one by one, drawn as a person sees them.

It knows no architecture: decoders, encoder-decoders, mixtures, state spaces and retrieval import it, never back.

    text           text to token numbers and back; what a visitor writes never becomes a control token
    conversation   messages, and how many of them fit into a model's context
    options        what a visitor may ask for: temperature, top_k, top_p, min_p, repetition_penalty
    model          a network of Transformers with its tokenizer: LanguageModel
    samplers       logits to the candidates that are left, to the token that is drawn
    prefixes       key-value caches of texts that were read lately
    decode         the loop: read the prompt, draw a token, read it, draw the next
    engines        the same behind one protocol, whoever computes it: here, llama_cpp, or endpoint
    shown          tokens as frames draw them
    distributions  entropy, surprise, divergence

token: a piece of text with a number, its id; logits (vocabulary,): a number for each token that could come next;
prompt: what the model is given to read; answer: the tokens it adds; cache: keys and values of all tokens read so far.
"""
