"""The address of a view: what it names is kept from page to page, whoever is in a hurry and whatever a machine's defaults are."""

from page_cases import dashboard, write_case


def opened(tmp_path, monkeypatch, **address):
    """The dashboard at its start page, on a machine with one checkpoint and one data set, so that both are the default."""
    if not (tmp_path / "data").exists():
        write_case("usual", tmp_path)
    app = dashboard(monkeypatch, tmp_path / "checkpoints", tmp_path / "data")
    app.query_params.update(address)
    return app.run()


def address(app):
    return {name: values[-1] if isinstance(values, list) else values for name, values in app.query_params.items()}


NAMED = {"checkpoint": "case", "conversation": "c5", "pattern": "uniform(0.3)", "seed": "4", "utterance": "5"}


def turn_to(app, page):
    """Another page by its link in the navigation, which empties the address."""
    app.query_params.clear()
    return app.switch_page(f"pages/{page}.py").run()


def test_what_an_address_names_stays_in_it_though_it_is_this_machines_default(tmp_path, monkeypatch):
    app = opened(tmp_path, monkeypatch, **NAMED)
    assert address(app) == NAMED
    for page in ("coordinator", "data", "overview", "compare", "live"):
        turn_to(app, page)
        assert address(app) == NAMED


def test_what_nobody_named_is_left_out(tmp_path, monkeypatch):
    app = turn_to(opened(tmp_path, monkeypatch), "data")
    assert address(app) == {}


def test_a_parameter_that_the_first_page_has_no_use_for_reaches_the_page_that_has(tmp_path, monkeypatch):
    app = opened(tmp_path, monkeypatch)  # else the first run of a session is always that of the start page
    app = dashboard(monkeypatch, tmp_path / "checkpoints", tmp_path / "data").switch_page("pages/data.py")
    app.query_params.update(NAMED | {"compare": "nothing missing"})
    app.run()
    turn_to(app, "coordinator")
    assert app.number_input(key="utterance").value == 5
    assert app.selectbox(key="compare").value == "nothing missing"
    assert address(app) == NAMED | {"compare": "nothing missing"}


def test_a_first_run_that_is_stopped_loses_nothing(tmp_path, monkeypatch):
    """As when a visitor goes on before the first page has drawn anything."""
    import streamlit as st

    original = st.set_page_config
    monkeypatch.setattr(st, "set_page_config", lambda **options: (original(**options), st.stop()))
    app = opened(tmp_path, monkeypatch, **NAMED, compare="nothing missing")
    assert not app.selectbox
    monkeypatch.setattr(st, "set_page_config", original)
    turn_to(app, "coordinator")
    assert app.selectbox(key="conversation").value == "c5"
    assert app.number_input(key="utterance").value == 5
    assert address(app) == NAMED | {"compare": "nothing missing"}


def test_a_control_used_before_the_browser_knows_the_address_does_not_shorten_it(tmp_path, monkeypatch):
    """The browser sends with each click the address it knows; on a slow one that is the one before it was put back."""
    app = turn_to(opened(tmp_path, monkeypatch, **NAMED), "coordinator")
    app.query_params.clear()
    app.number_input(key="utterance").set_value(3).run()
    assert address(app) == NAMED | {"utterance": "3"}


WRONG = {
    "checkpoint": ("cas", "The address asks for checkpoint “cas”, which is not here (the nearest name is “case”). Shown instead: case."),
    "conversation": ("nobody", "The address asks for conversation “nobody”, which is not here. Shown instead: c5."),
    "data": ("gone.arrow", "The address asks for data “gone.arrow”, which is not here (the nearest name is “case.arrow”). Shown instead: case.arrow."),
    "utterance": ("900", "The address asks for utterance “900”, which is not here. Shown instead: 9."),
    "seed": ("x", "The address asks for seed “x”, which is not here. Shown instead: 1."),
    "compare": ("checkpoint none", "The address asks for compare “checkpoint none”, which is not here. Shown instead: nothing."),
    "story": ("nosuch", "The address asks for story “nosuch”, which is not here. Shown instead: no story."),
    "patern": ("only(text)", "No page has a parameter “patern”, so it is not used (the nearest name is “pattern”)."),
    "foo": ("1", "No page has a parameter “foo”, so it is not used."),
    "pattern": ("onyl(text, " + 90 * "x", f"The address asks for pattern “onyl(text, {48 * 'x'}…”, which is not here. Shown instead: as recorded."),
    "weighing": ("By groups", "The address asks for weighing “By groups”, which is not here (the nearest name is “By group”). Shown instead: Learned weights."),
}  # fmt: skip


def test_what_an_address_names_and_is_not_there_is_said_until_it_is_dismissed(tmp_path, monkeypatch):
    opened(tmp_path, monkeypatch)
    app = dashboard(monkeypatch, tmp_path / "checkpoints", tmp_path / "data").switch_page("pages/coordinator.py")
    app.query_params.update({name: value for name, (value, _) in WRONG.items()})
    app.run()
    assert not app.exception
    notes = "".join(one.value for one in app.main.warning).replace("\u2060", "").replace("\\", "")
    missed = [note for _, note in WRONG.values() if note not in notes]
    assert missed == [], notes
    app.button(key="dismiss notes").click().run()
    assert not app.main.warning


def test_an_address_that_names_only_what_is_there_has_no_notes(tmp_path, monkeypatch):
    app = opened(tmp_path, monkeypatch, **NAMED)
    app.switch_page("pages/coordinator.py").run()
    assert not app.main.warning
