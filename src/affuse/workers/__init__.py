"""Workers: this process, local processes or a Dask cluster; the results are the same."""
