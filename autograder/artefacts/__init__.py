"""What is published beside a lab's notebook (networks, checkpoints, sealed questions) and how it is made again."""
