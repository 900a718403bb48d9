"""The science's nouns: hydrofabric, partition, realization, forcing, observations and what is made of them."""
