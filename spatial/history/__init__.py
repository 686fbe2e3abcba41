"""The bitemporal feature store 双时态要素库: nothing is overwritten."""
