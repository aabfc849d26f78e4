"""De-identification (去标识化): names, numbers, addresses out of records, dates shifted."""
