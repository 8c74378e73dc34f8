import pytest

from assistant.errors import SettingsError
from assistant.load import chat_model
from assistant.settings import read_settings
from corpus.load import SHIPPED_DOCUMENTS


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def test_without_settings_the_shipped_documents_and_the_built_in_answerer_serve():
    settings = read_settings()
    assert settings.corpus_dir == SHIPPED_DOCUMENTS
    assert chat_model(settings) is None
    assert (settings.host, settings.port) == ("127.0.0.1", 7860)


def test_the_environment_wins_over_the_file_and_the_file_over_the_default(tmp_path, monkeypatch):
    (tmp_path / "summit.toml").write_text('port = 8000\nhost = "::1"\n')
    monkeypatch.setenv("SUMMIT_PORT", "9000")
    settings = read_settings()
    assert (settings.port, settings.host) == (9000, "::1")


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
