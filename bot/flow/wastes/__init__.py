"""Where all the time went: item-days in accounts, and the hours of people."""
