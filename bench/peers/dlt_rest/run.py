"""dlt's REST source into its filesystem destination.   run.py URL OUT {jsonl|flat|parquet}"""

import os
import sys

url, out, kind = sys.argv[1:4]
os.environ["RUNTIME__DLTHUB_TELEMETRY"] = "false"
os.environ["RUNTIME__LOG_LEVEL"] = "ERROR"
os.environ["DESTINATION__FILESYSTEM__BUCKET_URL"] = os.path.abspath(out)
os.environ["DATA_WRITER__DISABLE_COMPRESSION"] = "false"

import dlt  # noqa: E402  (the settings above are read at import)
from dlt.sources.rest_api import rest_api_source  # noqa: E402

source = rest_api_source(
    {
        "client": {"base_url": url, "paginator": {"type": "page_number", "base_page": 1, "total_path": "total_pages"}},
        "resources": [
            {
                "name": "contacts",
                "primary_key": "id",
                "endpoint": {"path": "contacts", "params": {"per_page": 100}, "data_selector": "data"},
            }
        ],
    }
)
if kind == "flat":
    source.max_table_nesting = 0
pipeline = dlt.pipeline("peer_" + kind, destination="filesystem", dataset_name="copy", pipelines_dir=os.path.abspath(out) + "-state")
pipeline.run(source, loader_file_format="parquet" if kind == "parquet" else "jsonl")
print(pipeline.last_trace.last_normalize_info.row_counts["contacts"])
