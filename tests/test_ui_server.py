import socket

import pytest
from fastapi.testclient import TestClient

from assistant.feedback import Feedback
from ui.errors import ServerError
from ui.server import build_app, listen


@pytest.fixture(scope="module")
def client(assistant, tmp_path_factory):
    feedback = Feedback(tmp_path_factory.mktemp("data"))
    return TestClient(build_app(assistant, feedback, assistant.document_count(), starters=True))


def test_the_page_comes_with_a_policy_that_names_no_other_host(client):
    response = client.get("/")
    assert response.status_code == 200
    policy = response.headers["content-security-policy"]
    assert "default-src 'self'" in policy
    assert "http" not in policy
    assert response.headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize(
    "path",
    [
        "/gradio_api/upload",
        "/gradio_api/file=https://example.org/",
        "/gradio_api/file=/etc/passwd",
        "/gradio_api/proxy=https://example.org",
    ],
)
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_upload_and_file_routes_are_closed(client, path, method):
    assert client.request(method, path).status_code == 404


def test_a_foreign_origin_is_not_let_in(client):
    response = client.get("/config", headers={"Origin": "https://evil.example"})
    assert "access-control-allow-origin" not in response.headers


def test_a_port_in_use_is_one_clear_line():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        with pytest.raises(ServerError, match="SUMMIT_PORT"):
            listen("127.0.0.1", taken.getsockname()[1])


def test_an_address_that_is_not_ours_is_one_clear_line():
    with pytest.raises(ServerError, match="cannot be listened on"):
        listen("192.0.2.1", 0)
