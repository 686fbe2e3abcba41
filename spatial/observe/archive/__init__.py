"""The archive of observations 观测归档: closed days as GeoParquet, retention by partition, bringing back."""
