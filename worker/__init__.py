"""The process that upscales boards: arq jobs around a killable child that owns the network."""
