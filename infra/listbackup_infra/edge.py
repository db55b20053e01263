"""What CloudFront runs for the web app and before the gateway, and what it lets through: three functions of a few lines, and a firewall.

Source: "Customize at the edge with CloudFront Functions" and "CloudFront Functions event structure", docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide (read
2026-11-21): a function has 10 KB, a viewer-response function may change the status and is not run for an origin's errors.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

from aws_cdk import Stack
from aws_cdk import aws_wafv2 as waf

from listbackup.api.front import VIEWER
from listbackup_infra.settings import Stage

_FIND_PAGE = """\
var pages = PAGES;

function fits(parts, page) {
  if (parts.length !== page.length) return false;
  for (var i = 0; i < parts.length; i++) {
    if (page[i] !== parts[i] && !(page[i] === '_' && parts[i])) return false;
  }
  return true;
}

function find(path) {
  var parts = path.split('/');
  for (var i = 0; i < pages.length; i++) {
    var page = pages[i].split('/');
    if (fits(parts, page)) return pages[i];
  }
  return null;
}

function handler(event) {
  var request = event.request;
  var uri = request.uri;
  if (uri === '/') { request.uri = '/index.html'; return request; }
  if (uri.indexOf('/_next/static/') === 0) return request;
  var cut = uri.lastIndexOf('/');
  var last = uri.slice(cut + 1);
  if (last.indexOf('__next.') === 0 && last.slice(-4) === '.txt') {
    var page = find(uri.slice(0, cut));
    if (page) request.uri = page + '/' + last;
    return request;
  }
  if (last.slice(-4) === '.txt') {
    var data = find(uri.slice(0, -4));
    if (data) request.uri = data + '.txt';
    return request;
  }
  var found = find(uri);
  if (found) request.uri = found + '.html';
  else if (last.indexOf('.') < 0) request.uri = '/404.html';
  return request;
}
"""

TELL_POLICY = """\
function handler(event) {
  var response = event.response;
  var headers = response.headers;
  var policy = headers['x-amz-meta-policy'];
  headers['content-security-policy'] = { value: policy ? policy.value : "default-src 'none'; frame-ancestors 'none'" };
  delete headers['x-amz-meta-policy'];
  var status = headers['x-amz-meta-status'];
  if (status) { response.statusCode = parseInt(status.value, 10); delete headers['x-amz-meta-status']; }
  return response;
}
"""


NAME_VIEWER = f"""\
function handler(event) {{
  var request = event.request;
  request.headers['{VIEWER}'] = {{ value: event.viewer.ip }};
  return request;
}}
"""


def pages_of(web: Path) -> Sequence[str]:
    """The addresses of the web app that was built into this folder, ``_`` standing for any id; literal ones first."""
    file = web / "_ui.json"
    if not file.is_file():
        raise ValueError(f"the web app is not built ({file} is missing): run  make web, or deploy without it: --set web=false")
    return [page for page in json.loads(file.read_text())["pages"] if page != "/"]


def find_page(pages: Sequence[str]) -> str:
    """The function that leads an address with an id to its page's file, as ``api/pages.py`` does."""
    code = _FIND_PAGE.replace("PAGES", json.dumps(pages, separators=(",", ":")))
    if len(code) > 10_000:
        raise ValueError(f"CloudFront takes functions of 10 KB; that of {len(pages)} pages has {len(code)} bytes")
    return code


def make_firewall(stack: Stack, stage: Stage) -> waf.CfnWebACL:
    """AWS's own rules, and a bound for each address. It stands before CloudFront: HTTP APIs take none (docs/decisions/0331)."""
    rules = [
        _managed("AWSManagedRulesAmazonIpReputationList", 0),
        _managed("AWSManagedRulesKnownBadInputsRuleSet", 1),
        _managed(
            "AWSManagedRulesCommonRuleSet", 2, only_counted=("SizeRestrictions_BODY",)
        ),  # a description of a platform may have more than 8 KB
        waf.CfnWebACL.RuleProperty(
            name="too-many-requests",
            priority=3,
            action=waf.CfnWebACL.RuleActionProperty(block=waf.CfnWebACL.BlockActionProperty()),
            statement=waf.CfnWebACL.StatementProperty(
                rate_based_statement=waf.CfnWebACL.RateBasedStatementProperty(limit=stage.waf_rate, aggregate_key_type="IP")
            ),
            visibility_config=_seen("too-many-requests"),
        ),
    ]
    return waf.CfnWebACL(
        stack,
        "Firewall",
        name=stage.names.prefix,
        scope="CLOUDFRONT",
        default_action=waf.CfnWebACL.DefaultActionProperty(allow=waf.CfnWebACL.AllowActionProperty()),
        rules=rules,
        visibility_config=_seen(stage.names.prefix),
    )


def _managed(name: str, priority: int, *, only_counted: Sequence[str] = ()) -> waf.CfnWebACL.RuleProperty:
    counted = [
        waf.CfnWebACL.RuleActionOverrideProperty(
            name=one, action_to_use=waf.CfnWebACL.RuleActionProperty(count=waf.CfnWebACL.CountActionProperty())
        )
        for one in only_counted
    ]
    return waf.CfnWebACL.RuleProperty(
        name=name,
        priority=priority,
        override_action=waf.CfnWebACL.OverrideActionProperty(none={}),
        statement=waf.CfnWebACL.StatementProperty(
            managed_rule_group_statement=waf.CfnWebACL.ManagedRuleGroupStatementProperty(
                vendor_name="AWS", name=name, rule_action_overrides=counted or None
            )
        ),
        visibility_config=_seen(name),
    )


def _seen(name: str) -> waf.CfnWebACL.VisibilityConfigProperty:
    return waf.CfnWebACL.VisibilityConfigProperty(cloud_watch_metrics_enabled=True, metric_name=name, sampled_requests_enabled=True)


SECURITY: Mapping[str, str] = {"cross-origin-resource-policy": "same-origin"}  # beside those that CloudFront has words of its own for
