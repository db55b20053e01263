"""airbyte-cdk's declarative source reading the page-number listing; its messages go to standard output.   run.py URL OUT"""

import json
import sys
from pathlib import Path

url, out = sys.argv[1:3]
manifest = {
    "version": "6.0.0",
    "type": "DeclarativeSource",
    "check": {"type": "CheckStream", "stream_names": ["contacts"]},
    "streams": [
        {
            "type": "DeclarativeStream",
            "name": "contacts",
            "primary_key": ["id"],
            "schema_loader": {
                "type": "InlineSchemaLoader",
                "schema": {"type": "object", "additionalProperties": True, "properties": {"id": {"type": "string"}}},
            },
            "retriever": {
                "type": "SimpleRetriever",
                "requester": {"type": "HttpRequester", "url_base": url, "path": "/contacts", "http_method": "GET"},
                "record_selector": {"type": "RecordSelector", "extractor": {"type": "DpathExtractor", "field_path": ["data"]}},
                "paginator": {
                    "type": "DefaultPaginator",
                    "page_token_option": {"type": "RequestOption", "inject_into": "request_parameter", "field_name": "page"},
                    "page_size_option": {"type": "RequestOption", "inject_into": "request_parameter", "field_name": "per_page"},
                    "pagination_strategy": {
                        "type": "PageIncrement",
                        "start_from_page": 1,
                        "page_size": 100,
                        "inject_on_first_request": True,
                    },
                },
            },
        }
    ],
    "spec": {"type": "Spec", "connection_specification": {"type": "object", "properties": {}}},
}
stream = {"name": "contacts", "json_schema": {}, "supported_sync_modes": ["full_refresh"]}
catalog = {"streams": [{"stream": stream, "sync_mode": "full_refresh", "destination_sync_mode": "overwrite"}]}
Path(out).mkdir(parents=True, exist_ok=True)
Path(out, "config.json").write_text(json.dumps({"__injected_declarative_manifest": manifest}))
Path(out, "catalog.json").write_text(json.dumps(catalog))

from airbyte_cdk.cli.source_declarative_manifest import run  # noqa: E402

sys.argv = ["source", "read", "--config", f"{out}/config.json", "--catalog", f"{out}/catalog.json"]
run()
