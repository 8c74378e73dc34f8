import re
import traceback

import pytest

from assistant.errors import SettingsError
from assistant.load import chat_model, open_embedder
from assistant.origins import origins_pattern
from assistant.settings import read_settings
from corpus.load import SHIPPED_DOCUMENTS
from index.embedding import MiniLM


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def test_without_settings_the_shipped_documents_and_the_built_in_answerer_serve():
    settings = read_settings()
    assert settings.corpus_dir == SHIPPED_DOCUMENTS
    assert chat_model(settings) is None
    assert isinstance(open_embedder(settings), MiniLM)
    assert (settings.host, settings.port) == ("127.0.0.1", 7860)


def test_the_environment_wins_over_the_file_and_the_file_over_the_default(tmp_path, monkeypatch):
    (tmp_path / "summit.toml").write_text('port = 8000\nhost = "::1"\n')
    monkeypatch.setenv("SUMMIT_PORT", "9000")
    settings = read_settings()
    assert (settings.port, settings.host) == (9000, "::1")


def test_an_embedding_model_is_named_in_the_file_or_the_environment(tmp_path, monkeypatch):
    (tmp_path / "summit.toml").write_text('embedder = "models/one"\n')
    assert read_settings().embedder == "models/one"
    monkeypatch.setenv("SUMMIT_EMBEDDER", "")
    assert isinstance(open_embedder(read_settings()), MiniLM)


def test_an_unknown_variable_is_named(monkeypatch):
    monkeypatch.setenv("SUMMIT_PROT", "1")
    with pytest.raises(SettingsError, match="SUMMIT_PROT"):
        read_settings()


def test_an_unknown_key_of_the_file_is_named(tmp_path):
    (tmp_path / "summit.toml").write_text("prot = 1\n")
    with pytest.raises(SettingsError, match="PROT"):
        read_settings()


@pytest.mark.parametrize(
    ("name", "value"), [("PORT", "many"), ("PORT", "70000"), ("MODEL_TIMEOUT", "-1")]
)
def test_a_value_without_meaning_is_named(monkeypatch, name, value):
    monkeypatch.setenv(f"SUMMIT_{name}", value)
    with pytest.raises(SettingsError, match=f"SUMMIT_{name}"):
        read_settings()


def test_a_broken_file_is_named(tmp_path):
    (tmp_path / "summit.toml").write_text("port = = 1\n")
    with pytest.raises(SettingsError, match=r"summit\.toml"):
        read_settings()


@pytest.mark.parametrize("model", ["nobody:nothing", "just-a-name"])
def test_a_model_that_cannot_be_made_says_how_to_name_one(model):
    with pytest.raises(SettingsError, match="PROVIDER:NAME"):
        chat_model(read_settings(model=model))


def test_settings_cannot_be_changed():
    with pytest.raises(ValueError, match="frozen"):
        read_settings().port = 1


def test_lists_are_separated_by_commas_or_white_space(monkeypatch):
    monkeypatch.setenv(
        "SUMMIT_ALLOWED_ORIGINS", "https://a.example, https://*.b.example\nhttp://c:81"
    )
    assert read_settings().allowed_origins == (
        "https://a.example",
        "https://*.b.example",
        "http://c:81",
    )


def test_an_empty_list_is_an_empty_list(monkeypatch):
    monkeypatch.setenv("SUMMIT_ALLOWED_ORIGINS", "")
    assert read_settings().allowed_origins == ()


@pytest.mark.parametrize(
    ("written", "instead"),
    [
        ("https://www.example.org/", "https://www.example.org"),
        ("https://www.example.org/page", "https://www.example.org"),
        ("https://www.example.org?x", "https://www.example.org"),
        ("HTTPS://WWW.example.org", "https://www.example.org"),
        ("https://www.example.org:443", "https://www.example.org"),
        ("http://www.example.org:80", "http://www.example.org"),
        ("https://user@www.example.org", "https://www.example.org"),
        ("https://bücher.example", "https://xn--bcher-kva.example"),
        ("www.example.org", "https://www.example.org"),
        ("ftp://www.example.org", "https://www.example.org"),
        ("null", "https://"),
        ("*", "https://*.example.org"),
        ("https://*", "https://*.example.org"),
        ("https://*.org", "https://*.example.org"),
        ("https://www.*.org", "https://*.example.org"),
        ("https://exa*mple.org", "https://*.example.org"),
        ("*.example.org", "https://*.example.org"),
        ("https://*.example.org/", "https://*.example.org"),
        ("https://a.example:99999", "https://www.example.org"),
        ("https://a b.example", "https://"),
        ("https://a;script-src", "https://"),
    ],
)
def test_an_origin_written_wrongly_is_refused_with_what_to_write(monkeypatch, written, instead):
    monkeypatch.setenv("SUMMIT_ALLOWED_ORIGINS", f"https://good.example,{written}")
    with pytest.raises(SettingsError) as refused:
        read_settings()
    assert str(refused.value).startswith("SUMMIT_ALLOWED_ORIGINS: ")
    assert instead in str(refused.value)


@pytest.mark.parametrize(
    "origin",
    ["https://a.example", "http://localhost:8000", "http://127.0.0.1", "http://[::1]:8000"],
)
def test_an_origin_written_well_is_taken(origin):
    assert read_settings(allowed_origins=(origin,)).allowed_origins == (origin,)


@pytest.mark.parametrize("origin", ["https://b.example", "https://x.y.b.example", "http://c:81"])
def test_an_allowed_origin_matches(origin):
    pattern = origins_pattern(("https://*.b.example", "http://c:81", "https://b.example"))
    assert re.fullmatch(pattern, origin)


@pytest.mark.parametrize(
    "origin",
    [
        "http://x.b.example",
        "https://b.example",
        "https://xb.example",
        "https://x.b.example.evil.example",
        "https://x.b.example:444",
        "http://c:8",
        "https://evil.example/?.b.example",
        "null",
        "",
    ],
)
def test_another_origin_does_not_match(origin):
    assert not re.fullmatch(origins_pattern(("https://*.b.example", "http://c:81")), origin)


def test_without_allowed_origins_none_matches():
    assert not re.fullmatch(origins_pattern(()), "https://a.example")


def test_a_token_that_can_be_guessed_is_refused_and_not_shown(monkeypatch):
    monkeypatch.setenv("SUMMIT_API_TOKENS", "letmein")
    with pytest.raises(SettingsError, match="openssl rand") as refused:
        read_settings()
    assert "letmein" not in str(refused.value)


def test_a_token_is_not_shown_with_the_settings():
    settings = read_settings(api_tokens=("0123456789abcdef",))
    assert "0123456789abcdef" not in repr(settings)


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://user:pass@db.example.org/kept",
        "postgresql://user:p%40ss%2Fword@10.0.0.1:5433/kept?sslmode=verify-full&connect_timeout=2",
        "postgresql://user@[::1]:5432/kept",
        "postgresql://localhost/kept",
        "postgresql:///kept?host=/run/postgresql",
        "postgresql://u:a:b@db/kept?options=-c%20search_path%3Dours",
        "",
    ],
)
def test_an_address_of_a_database_is_taken_as_it_is_and_not_shown(monkeypatch, url):
    monkeypatch.setenv("SUMMIT_DATABASE_URL", url)
    settings = read_settings()
    assert settings.database_url.get_secret_value() == url
    assert not url or url not in repr(settings)


@pytest.mark.parametrize(
    "url",
    [
        "mysql://user:hunter2@db/kept",
        "postgres://user:hunter2@db/kept",
        "postgresql+asyncpg://user:hunter2@db/kept",
        "sqlite:///hunter2",
        "hunter2",
        "postgresql://user:hunter2@db",
        "postgresql://user:hunter2@db/",
        "postgresql://user:hunter2@/kept",
        "postgresql://user:hunter2@db/kept/more",
        "postgresql://user:hunter2@db:port/kept",
        "postgresql://user:hunter2@db/kept?password=x",
        "postgresql://user:hunter2@db/kept?sslmode",
        "postgresql://user:hunter2@x@db/kept",
        "postgresql://user:12/hunter2@db/kept",
        "postgresql://user:12?hunter2@db/kept",
        "postgresql://user:12#hunter2@db/kept",
        "postgresql://user:hunter2@db/kept name",
        "postgresql://user:hunter2@db/kept\nmore",
        " postgresql://user:hunter2@db/kept",
    ],
)
def test_another_address_is_refused_in_one_line_that_holds_nothing_of_it(monkeypatch, url):
    monkeypatch.setenv("SUMMIT_DATABASE_URL", url)
    with pytest.raises(SettingsError) as refused:
        read_settings()
    assert str(refused.value).startswith("SUMMIT_DATABASE_URL: ")
    assert "postgresql://USER:PASSWORD@HOST/NAME" in str(refused.value)
    assert "\n" not in str(refused.value)
    assert "hunter2" not in "".join(traceback.format_exception(refused.value))


def test_a_proxy_that_is_no_address_is_refused(monkeypatch):
    monkeypatch.setenv("SUMMIT_TRUSTED_PROXIES", "10.0.0.0/8,nginx")
    with pytest.raises(SettingsError, match="'nginx' is no address"):
        read_settings()


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1:8000", "https://chroma.example.org", "http://chroma_db:8000"]
)
def test_an_address_of_a_chroma_server_written_well_is_taken(url):
    assert read_settings(chroma_url=url).chroma_url == url


@pytest.mark.parametrize(
    "url",
    [
        "127.0.0.1:8000",
        "ftp://127.0.0.1",
        "http://127.0.0.1:8000/api",
        "http://user:word@127.0.0.1:8000",
        "http://127.0.0.1:99999",
        "http://127.0.0.1:0",
        "http://",
        "http://a b",
    ],
)
def test_an_address_of_a_chroma_server_written_wrongly_is_refused_with_an_example(url):
    with pytest.raises(SettingsError, match=r"^SUMMIT_CHROMA_URL: .*http://127\.0\.0\.1:8000$"):
        read_settings(chroma_url=url)


@pytest.mark.parametrize("name", ["Summit", "summit.one", "a--b", "", "x" * 61])
def test_a_collection_whose_name_could_be_that_of_another_is_refused(name):
    with pytest.raises(SettingsError, match="SUMMIT_CHROMA_COLLECTION"):
        read_settings(chroma_collection=name)


def test_the_token_of_a_chroma_server_is_not_shown_with_the_settings_or_when_it_is_refused():
    assert "0123456789" not in repr(read_settings(chroma_token="0123456789"))
    with pytest.raises(
        SettingsError, match="SUMMIT_CHROMA_TOKEN: a token has no spaces"
    ) as refused:
        read_settings(chroma_token="0123456789 \n")
    assert "0123456789" not in str(refused.value)
