"""A rep's work: today's route, the weeks ahead, miles and money, the territory."""
