"""What is right: outcomes judged by the reference's intervals, or compared with each other."""
