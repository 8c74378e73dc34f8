import httpx
import pytest
from browser import served
from fakes import AssistantOfOwls, a_client

TOKEN, OTHER = "a-token-for-tests-1", "a-token-for-tests-2"
SITE = "https://www.example.org"
ASKED = {"question": "Why did the UK not sign the Paris statement?"}


@pytest.fixture
def client(tmp_path):
    return a_client(AssistantOfOwls(), tmp_path, api_tokens=(TOKEN, OTHER), allowed_origins=(SITE,))


def bearer(token):
    return {"Authorization": f"Bearer {token}"}


# Tokens


@pytest.mark.parametrize(
    "headers",
    [
        {},
        bearer("a-token-for-tests-3"),
        bearer(TOKEN[:-1]),
        bearer(""),
        bearer("Bearer"),
        {"Authorization": TOKEN},
        {"Authorization": f"Basic {TOKEN}"},
        {"Authorization": "Bearer é".encode("latin-1")},
    ],
)
@pytest.mark.parametrize("path", ["/api/ask", "/api/documents", "/api/none", "/v1/models"])
def test_without_a_token_of_the_settings_programs_are_told_to_send_one(client, headers, path):
    response = client.get(path, headers=headers)
    assert response.status_code == 401
    assert response.headers["www-authenticate"] == "Bearer"
    assert "SUMMIT_API_TOKENS" in response.text
    assert TOKEN not in response.text


def test_a_missing_token_is_told_in_the_form_that_the_program_reads(client):
    ours = client.get("/api/documents")
    assert ours.headers["content-type"] == "application/problem+json"
    assert ours.json()["status"] == 401
    assert client.get("/v1/models").json()["error"]["code"] == "invalid_api_key"


@pytest.mark.parametrize("token", [TOKEN, OTHER])
@pytest.mark.parametrize("kind", ["Bearer", "bearer"])
def test_each_token_of_the_settings_lets_programs_in(client, token, kind):
    headers = {"Authorization": f"{kind} {token}"}
    assert client.post("/api/ask", json=ASKED, headers=headers).is_success
    assert client.get("/v1/models", headers=headers).is_success


@pytest.mark.parametrize("path", ["/api/health", "/api/ready", "/api/openapi.json", "/api/docs"])
def test_how_the_server_is_and_what_it_offers_needs_no_token(client, path):
    assert client.get(path).is_success


@pytest.mark.parametrize("path", ["/documents", "/documents/owls", "/chat", "/ui/chat.js"])
def test_visitors_of_the_pages_need_no_token(client, path):
    assert client.get(path).is_success


def test_where_no_token_is_set_programs_need_none(tmp_path):
    client = a_client(AssistantOfOwls(), tmp_path)
    assert client.post("/api/ask", json=ASKED).is_success
    assert client.get("/v1/models", headers=bearer("whatever")).is_success


def test_each_token_has_limits_of_its_own(tmp_path):
    client = a_client(AssistantOfOwls(), tmp_path, api_tokens=(TOKEN, OTHER), visitor_rate=1)

    def status(token):
        return client.post("/api/ask", json=ASKED, headers=bearer(token)).status_code

    assert [status(TOKEN), status(TOKEN), status(OTHER)] == [200, 429, 200]


# By which name the server is called


def called(client, host, path="/api/health"):
    return client.get(path, headers={"Host": host})


@pytest.mark.parametrize("host", ["127.0.0.1:7860", "localhost", "LOCALHOST:1", "[::1]:7860"])
def test_a_server_for_its_own_machine_is_called_by_its_names(tmp_path, host):
    client = a_client(AssistantOfOwls(), tmp_path)
    assert called(client, host).is_success


@pytest.mark.parametrize(
    "host", ["evil.example", "127.0.0.1.evil.example", "localhost.evil.example:7860", "", "[::2]"]
)
def test_a_server_for_its_own_machine_is_not_called_by_another_name(tmp_path, host):
    client = a_client(AssistantOfOwls(), tmp_path)
    for path in ("/api/health", "/documents"):
        response = called(client, host, path)
        assert response.status_code == 421
        assert "http://127.0.0.1" in response.text


@pytest.mark.parametrize("settings", [{"host": "0.0.0.0"}, {"trusted_proxies": ("10.0.0.0/8",)}])
def test_a_server_for_others_is_called_by_any_name(tmp_path, settings):
    client = a_client(AssistantOfOwls(), tmp_path, **settings)
    assert called(client, "summit.example").is_success


# Which pages' scripts may ask


def preflight(client, path, origin, headers="authorization,content-type"):
    return client.options(
        path,
        headers={
            "Origin": origin,
            "Access-Control-Request-Method": "POST",
            "Access-Control-Request-Headers": headers,
        },
    )


@pytest.mark.parametrize("path", ["/api/ask", "/v1/chat/completions", "/mcp"])
def test_scripts_of_allowed_sites_may_use_what_programs_use(client, path):
    response = preflight(client, path, SITE)
    assert response.is_success
    assert response.headers["access-control-allow-origin"] == SITE
    assert "access-control-allow-credentials" not in response.headers


def test_scripts_of_allowed_sites_see_what_is_answered_and_what_is_wrong(client):
    answered = client.post("/api/ask", json=ASKED, headers={**bearer(TOKEN), "Origin": SITE})
    refused = client.post("/api/ask", json=ASKED, headers={"Origin": SITE})
    assert (answered.status_code, refused.status_code) == (200, 401)
    for each in (answered, refused):
        assert each.headers["access-control-allow-origin"] == SITE
        assert "Retry-After" in each.headers["access-control-expose-headers"]


@pytest.mark.parametrize(
    "origin", ["https://evil.example", f"{SITE}.evil.example", "http://www.example.org", "null"]
)
def test_scripts_of_other_sites_see_nothing(client, origin):
    assert not preflight(client, "/api/ask", origin).is_success
    response = client.get("/api/health", headers={"Origin": origin})
    assert "access-control-allow-origin" not in response.headers


@pytest.mark.parametrize("path", ["/documents", "/chat", "/answers/a", "/ui/chat.js", "/apis"])
def test_scripts_of_allowed_sites_may_use_nothing_else(client, path):
    assert not preflight(client, path, SITE).is_success
    response = client.get(path, headers={"Origin": SITE})
    assert "access-control-allow-origin" not in response.headers


# Whose word is taken for an address


def from_address(address, forwarded):
    headers = {"X-Forwarded-For": forwarded}
    return httpx.post(f"{address}/api/ask", json=ASKED, headers=headers, timeout=60).status_code


@pytest.mark.slow
@pytest.mark.parametrize(
    ("proxies", "second"), [("127.0.0.1", 200), ("10.0.0.0/8", 429)], ids=["trusted", "not trusted"]
)
def test_a_proxy_is_believed_where_it_is_trusted(shipped, proxies, second):
    settings = {"SUMMIT_TRUSTED_PROXIES": proxies, "SUMMIT_VISITOR_RATE": "1"}
    with served(shipped.data_dir, **settings) as address:
        assert from_address(address, "192.0.2.1") == 200
        assert from_address(address, "192.0.2.2") == second
        assert from_address(address, "192.0.2.1") == 429
