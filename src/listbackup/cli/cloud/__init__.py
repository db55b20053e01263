"""The deployment to AWS: what must be there before it, the cdk command, what is made beside the stacks, and whether it answers afterwards."""
