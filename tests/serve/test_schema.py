"""Whatever the schema allows, and more: the server has an answer."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from local_server import local_server

from affuse.serve.settings import Limits

N_EXAMPLES = 12


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
def test_no_server_error(tmp_path, bundle_dir):
    schemathesis = pytest.importorskip("schemathesis")
    limits = Limits(max_queue=2, keep_s=5)
    with local_server(tmp_path, bundle_dir, limits) as port:
        schema = schemathesis.openapi.from_url(f"http://127.0.0.1:{port}/api/openapi.json")
        operations = [found.ok() for found in schema.get_all_operations()]
        assert len(operations) >= 10
        for operation in operations:
            _check(operation)


def _check(operation):
    @settings(
        max_examples=N_EXAMPLES,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy())
    def answered(case):
        answer = case.call(timeout=60)
        assert answer.status_code < 500, (case.method, case.path, answer.text)

    answered()
