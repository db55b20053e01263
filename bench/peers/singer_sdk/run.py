"""A tap and a target on singer-sdk.   run.py tap URL  |  run.py target OUT"""

import json
import sys
from pathlib import Path

from singer_sdk import RESTStream, Tap, Target
from singer_sdk import typing as th
from singer_sdk.pagination import BasePageNumberPaginator
from singer_sdk.sinks import BatchSink

_TEXT = [
    "id",
    "object",
    "created_at",
    "updated_at",
    "first_name",
    "last_name",
    "email",
    "phone",
    "status",
    "lifetime_value",
    "currency",
    "note",
    "last_activity",
]


class Pages(BasePageNumberPaginator):
    def has_more(self, response):
        return response.json()["total_pages"] > self.current_value


class Contacts(RESTStream):
    name = "contacts"
    path = "/contacts"
    primary_keys = ("id",)
    records_jsonpath = "$.data[*]"
    schema = th.PropertiesList(
        *[th.Property(field, th.StringType) for field in _TEXT],
        *[th.Property(field, th.IntegerType) for field in ("owner_id", "score", "orders_count")],
        th.Property("accepts_marketing", th.BooleanType),
        th.Property("tags", th.ArrayType(th.StringType)),
        *[th.Property(field, th.ObjectType(additional_properties=True)) for field in ("company", "address", "custom_fields", "links")],
    ).to_dict()

    @property
    def url_base(self):
        return self.config["url"]

    def get_new_paginator(self):
        return Pages(start_value=1)

    def get_url_params(self, context, next_page_token):
        return {"page": next_page_token or 1, "per_page": 100}


class PeerTap(Tap):
    name = "tap-peer"
    config_jsonschema = th.PropertiesList(th.Property("url", th.StringType, required=True)).to_dict()

    def discover_streams(self):
        return [Contacts(self)]


class Lines(BatchSink):
    max_size = 10_000

    def process_batch(self, context):
        with Path(self.config["out"] + ".jsonl").open("a") as lines:
            for record in context["records"]:
                lines.write(json.dumps(record, default=str) + "\n")


class PeerTarget(Target):
    name = "target-peer"
    config_jsonschema = th.PropertiesList(th.Property("out", th.StringType, required=True)).to_dict()
    default_sink_class = Lines


if sys.argv[1] == "tap":
    PeerTap(config={"url": sys.argv[2]}).sync_all()
else:
    PeerTarget(config={"out": sys.argv[2]}).listen(sys.stdin)
