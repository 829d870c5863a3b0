"""What the words mean that are told with the figures."""

DEFINITIONS = (
    ("Lead time", "from the trigger of the stream until an item is in its end for good, nights and weekends included."),
    ("Item-day", "one item for one day. Seven item-days a week are one item that waits all the time."),
    ("Value added", "work that produces the output: no reviews, and nothing that is done again."),
    ("Waste", "time of items in which nothing of worth was added. Every hour of every item is counted once."),
    ("Stuck", "has waited longer than 85 % of its queue do; where there is no queue, longer than a week."),
    ("More than chance explains", "of such changes that are told, at most one in ten is luck."),
    ("At least so many", "a number that came out higher in 85 of 100 weeks like these."),
)
