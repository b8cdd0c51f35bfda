"""Streaming statistics of layers and pictures: accumulators that are updated in batches and merged exactly.

Every sum is a sum of integers, every choice among equals has a rule. So any split of the samples into batches and
shards, merged in any order, gives the same arrays, bit for bit.
"""
