"""Many cases on many machines (集群分组): Spark over the same columnar functions."""
