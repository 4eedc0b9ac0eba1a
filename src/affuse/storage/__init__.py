"""What lies on disk: files and folders that are whole or not there, and who may write them."""
