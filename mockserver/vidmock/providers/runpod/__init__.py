"""RunPod's queue endpoints: invalid input is accepted with 200 and becomes a FAILED job a moment later."""
