"""ON SCREEN: the Streamlit pages, the map host and the worker process."""
