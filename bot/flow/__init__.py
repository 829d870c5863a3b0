"""The flow engine. Pure: values in, values out; time is an argument. Polars frames inside, frozen values outside."""
