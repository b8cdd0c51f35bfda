"""The one table of what can be done: menus, keys, tooltips, the command palette and the help page are made from it.

Single letters are those of the 2015 toolbox and its fork; a capital is written `Shift+letter`.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ActionSpec:
    """One thing that can be done.

    Attributes:
        id: name of the method that does it.
        text: what it does, an imperative.
        keys: key sequences in Qt's portable notation; the first is shown.
        group: menu and heading of the help page.
        tip: one more sentence, where the text does not say enough.
        checkable: it is on or off.
        apart: a line sets it apart from what stands above it in the menu.
    """

    id: str
    text: str
    keys: tuple[str, ...]
    group: str
    tip: str = ""
    checkable: bool = False
    apart: bool = False


GROUPS = ("Input", "Navigate", "Grid", "Unit", "Data", "Synthesis", "Backward views", "Cause", "Window")

ACTIONS: tuple[ActionSpec, ...] = (
    ActionSpec("toggle_camera", "Camera / pictures", ("C",), "Input", "Switch between the camera and the demo reel."),
    ActionSpec("open_file", "Open image, video or list…", ("Ctrl+O",), "Input"),
    ActionSpec("open_folder", "Open folder…", ("Ctrl+Shift+O",), "Input"),
    ActionSpec("open_address", "Open stream or address…", ("Ctrl+L",), "Input"),
    ActionSpec("paste", "Paste image or path", ("Ctrl+V",), "Input"),
    ActionSpec("use_demo", "Show the demo reel", (), "Input"),
    ActionSpec("use_synthetic", "Show the moving test pattern", (), "Input"),
    ActionSpec("next_file", "Next file", ("E", "PgDown"), "Input", apart=True),
    ActionSpec("previous_file", "Previous file", ("W", "PgUp"), "Input"),
    ActionSpec(
        "toggle_freeze",
        "Freeze the frame",
        ("F",),
        "Input",
        "Everything else goes on working on it.",
        checkable=True,
        apart=True,
    ),
    ActionSpec("toggle_pause", "Pause / play", ("Space",), "Input"),
    ActionSpec("step_forward", "One frame forward", (".",), "Input"),
    ActionSpec("step_back", "One frame back", (",",), "Input"),
    ActionSpec(
        "next_fit",
        "Crop / letterbox / stretch",
        ("0",),
        "Input",
        "How the picture becomes the network's input.",
        apart=True,
    ),
    ActionSpec("toggle_mirror", "Mirror", ("X",), "Input", checkable=True),
    ActionSpec("turn", "Turn by 90°", ("Shift+X",), "Input"),
    ActionSpec("left", "Unit to the left", ("Left", "J"), "Navigate"),
    ActionSpec("right", "Unit to the right", ("Right", "L"), "Navigate"),
    ActionSpec("down", "Unit below", ("Down", "K"), "Navigate"),
    ActionSpec("up", "Unit above", ("Up", "I"), "Navigate"),
    ActionSpec("far_left", "Three units left", ("Shift+J", "Shift+Left"), "Navigate"),
    ActionSpec("far_right", "Three units right", ("Shift+L", "Shift+Right"), "Navigate"),
    ActionSpec("far_down", "Three units down", ("Shift+K", "Shift+Down"), "Navigate"),
    ActionSpec("far_up", "Three units up", ("Shift+I", "Shift+Up"), "Navigate"),
    ActionSpec("previous_layer", "Previous layer", ("U", "Shift+U"), "Navigate", apart=True),
    ActionSpec("next_layer", "Next layer", ("O", "Shift+O"), "Navigate"),
    ActionSpec(
        "jump",
        "Go to unit, layer or class…",
        ("G", "/", "Ctrl+G"),
        "Navigate",
        "#151, blocks.4.1/37, espresso",
        apart=True,
    ),
    ActionSpec("back", "Back", ("Alt+Left", "Backspace"), "Navigate"),
    ActionSpec("forward", "Forward", ("Alt+Right",), "Navigate"),
    ActionSpec("follow_maximum", "Follow the unit's maximum", (), "Navigate", "Give up the chosen position."),
    ActionSpec(
        "next_zoom",
        "Enlarge the unit, the backward view / the grid",
        ("Z",),
        "Grid",
        "A double click on a tile or on the backward view does it too.",
    ),
    ActionSpec("zoom_in", "Zoom in", ("+", "="), "Grid", apart=True),
    ActionSpec("zoom_out", "Zoom out", ("-",), "Grid"),
    ActionSpec("zoom_reset", "Show all units", ("Ctrl+0", "Home"), "Grid"),
    ActionSpec("next_gamma", "Next gamma boost", ("T",), "Grid", "1, .7, .5, .3: below 1, weak values become visible."),
    ActionSpec(
        "next_individual",
        "Next individual boost",
        ("Shift+T",),
        "Grid",
        "0, .3, .5, .8, 1. 0: one range for all tiles; 1: each tile uses its own full range.",
    ),
    ActionSpec("next_scaling", "Colors per layer / per unit", ("P",), "Grid"),
    ActionSpec(
        "next_colormap",
        "Next color map",
        ("M",),
        "Grid",
        "Of the backward view while there is one, else of the grid.",
    ),
    ActionSpec("previous_colormap", "Previous color map", ("Shift+M",), "Grid"),
    ActionSpec("next_grid_colormap", "Next color map of the grid", ("7",), "Grid"),
    ActionSpec("next_sort", "Sort by index / maximum / mean", ("Shift+P",), "Grid", apart=True),
    ActionSpec(
        "toggle_dead",
        "Hide dead units",
        ("Ctrl+D",),
        "Grid",
        "Units that have not answered since the layer was chosen.",
        checkable=True,
    ),
    ActionSpec(
        "next_overlay",
        "Next input overlay",
        ("Y",),
        "Unit",
        "Off, over active, over inactive: of the unit and of the backward view.",
    ),
    ActionSpec("previous_overlay", "Previous input overlay", ("Shift+Y",), "Unit"),
    ActionSpec(
        "toggle_predictions",
        "Predictions",
        ("8",),
        "Unit",
        "Without them the forward pass stops at the viewed layer.",
        checkable=True,
        apart=True,
    ),
    ActionSpec("toggle_unit_page", "Unit page", ("9",), "Unit", checkable=True),
    ActionSpec("toggle_scores", "Values under exemplars", ("R",), "Unit", checkable=True),
    ActionSpec("copy_address", "Copy the unit's address", ("Ctrl+C",), "Unit", apart=True),
    ActionSpec("save_grid", "Save the grid as PNG…", ("Ctrl+S",), "Unit"),
    ActionSpec(
        "next_pattern",
        "Next: pictures, statistics",
        ("S",),
        "Data",
        "What the middle of the window shows of the layer: exemplars, minimum images, synthesized pictures, weights, "
        "activity, correlation of weights and of activity.",
    ),
    ActionSpec("previous_pattern", "Previous: pictures, statistics", ("Shift+S",), "Data"),
    ActionSpec("show_activations", "Show activations in the grid", (), "Data", "Every unit's map, live.", apart=True),
    ActionSpec("show_exemplars", "Show exemplars in the grid", (), "Data", "The images each unit answers to most."),
    ActionSpec(
        "show_minimum_images",
        "Show minimum images in the grid",
        (),
        "Data",
        "The images for which each unit is lowest.",
    ),
    ActionSpec(
        "show_synthesized",
        "Show synthesized pictures in the grid",
        (),
        "Data",
        "Made to excite each unit.",
    ),
    ActionSpec("show_weights", "Show the weights of each unit", (), "Data", "Kernels or histograms of each unit."),
    ActionSpec("show_activity", "Show how often units are active", (), "Data", "Finds units that never answer."),
    ActionSpec(
        "toggle_unit_histograms",
        "Histogram of each unit",
        (),
        "Data",
        "A grid with every unit's largest value per image; red: images on which it is silent.",
        checkable=True,
    ),
    ActionSpec("show_weight_correlation", "Show which units have similar weights", (), "Data"),
    ActionSpec("show_correlation", "Show which units are active together", (), "Data"),
    ActionSpec(
        "toggle_first_pattern",
        "All pictures of each unit",
        ("1",),
        "Data",
        "In the grids of exemplars, minimum images and synthesized pictures: all in each tile, or the first alone.",
        checkable=True,
        apart=True,
    ),
    ActionSpec(
        "scan",
        "Scan a folder of images…",
        ("Ctrl+E",),
        "Data",
        "Finds the images that each unit answers to most, and how often it is active.",
        apart=True,
    ),
    ActionSpec(
        "keep_exemplars",
        "Keep this session's exemplars",
        (),
        "Data",
        "Of the selected unit, in the gallery: they are here next time.",
    ),
    ActionSpec("refresh_gallery", "Read the gallery again", (), "Data", "After it was changed by another program."),
    ActionSpec(
        "synthesize",
        "Synthesize this unit",
        ("2",),
        "Synthesis",
        "Makes a picture that excites the selected unit, as the panel says; again: from the next seed.",
    ),
    ActionSpec(
        "synthesize_negative",
        "Synthesize what turns it off",
        ("3",),
        "Synthesis",
        "Makes the picture for which the selected unit is lowest.",
    ),
    ActionSpec("cancel_synthesis", "Cancel the synthesis", ("4",), "Synthesis", "At once; nothing is kept of it."),
    ActionSpec(
        "toggle_auto_synthesis",
        "Synthesize when a unit is clicked",
        ("6",),
        "Synthesis",
        "A unit without a picture gets one as soon as it is selected.",
        checkable=True,
    ),
    ActionSpec(
        "toggle_recipes",
        "Recipe, seeds, regularizers…",
        ("Shift+R",),
        "Synthesis",
        "The panel that says how pictures are synthesized.",
        checkable=True,
        apart=True,
    ),
    ActionSpec(
        "compare",
        "Compare pictures",
        ("Shift+C",),
        "Synthesis",
        "Side by side: those chosen with Ctrl and a click, or all synthesized ones and the best exemplar.",
    ),
    ActionSpec(
        "toggle_mute",
        "Mute this unit",
        ("Del",),
        "Cause",
        "It gives zero everywhere, and all later layers and the answer change; again takes it back.",
        checkable=True,
    ),
    ActionSpec("scale_unit", "Scale this unit…", (), "Cause", "Its activations times a factor."),
    ActionSpec("clamp_unit", "Clamp this unit…", (), "Cause", "Its activations kept within two bounds."),
    ActionSpec(
        "clear_changes",
        "Take all changes back",
        ("Shift+Del",),
        "Cause",
        "The network as it is.",
        apart=True,
    ),
    ActionSpec(
        "toggle_cause",
        "What feeds the unit, what it does…",
        ("Shift+W",),
        "Cause",
        "The panel of causes: changed units, what feeds the selected one, which classes it moves.",
        checkable=True,
    ),
    ActionSpec("choose_model", "Choose a network…", ("Ctrl+M",), "Window"),
    ActionSpec("palette", "Commands", ("Ctrl+K", "Ctrl+Shift+P"), "Window", apart=True),
    ActionSpec("help", "Keys and help", ("H", "F1"), "Window"),
    ActionSpec("reset", "Reset the view", ("Esc",), "Window", "First layer, first unit, no boosts, no zoom."),
    ActionSpec("toggle_timings", "Timings in the status line", ("5",), "Window", checkable=True, apart=True),
    ActionSpec("toggle_theme", "Dark / light theme", (), "Window"),
    ActionSpec("toggle_full_screen", "Full screen", ("F11",), "Window", checkable=True),
    ActionSpec("save_window", "Save the window as PNG…", ("Ctrl+Shift+S",), "Window", apart=True),
    ActionSpec("quit", "Quit", ("Q", "Ctrl+Q"), "Window", apart=True),
    ActionSpec(
        "next_backward",
        "Next backward view",
        ("B",),
        "Backward views",
        "Off, gradient, deconvnet, guided backprop: which pixels speak for the unit.",
    ),
    ActionSpec("previous_backward", "Previous backward view", ("Shift+B",), "Backward views"),
    ActionSpec("back_off", "Backward view: off", (), "Backward views", checkable=True, apart=True),
    ActionSpec("back_gradient", "Backward view: gradient", (), "Backward views", checkable=True),
    ActionSpec("back_gradient_x_input", "Backward view: gradient × input", (), "Backward views", checkable=True),
    ActionSpec("back_deconvnet", "Backward view: deconvnet", (), "Backward views", checkable=True),
    ActionSpec("back_guided", "Backward view: guided backprop", (), "Backward views", checkable=True),
    ActionSpec("back_smoothgrad", "Backward view: SmoothGrad", (), "Backward views", checkable=True),
    ActionSpec(
        "back_integrated_gradients", "Backward view: integrated gradients", (), "Backward views", checkable=True
    ),
    ActionSpec("back_grad_cam", "Backward view: Grad-CAM", (), "Backward views", checkable=True),
    ActionSpec("back_occlusion", "Backward view: occlusion", (), "Backward views", checkable=True),
    ActionSpec("back_lrp", "Backward view: layer-wise relevance", (), "Backward views", checkable=True),
    ActionSpec(
        "freeze_origin",
        "Freeze the origin of the backward pass",
        ("D",),
        "Backward views",
        "Other layers and units can be looked at meanwhile.",
        checkable=True,
        apart=True,
    ),
    ActionSpec("freeze_here", "Freeze the backward view here", (), "Backward views", "At the selected unit."),
    ActionSpec(
        "toggle_gradients",
        "Gradients in the grid",
        ("A",),
        "Backward views",
        "How much each unit of the layer matters to the origin, in place of its activation.",
        checkable=True,
    ),
    ActionSpec(
        "toggle_check",
        "Check with randomized weights",
        (),
        "Backward views",
        "A view that stays the same does not depend on what the network has learned.",
        checkable=True,
    ),
    ActionSpec(
        "next_filter",
        "Next backward display",
        ("N",),
        "Backward views",
        "Raw, gray, norm, blurred norm, positive sum, histogram.",
        apart=True,
    ),
    ActionSpec("previous_filter", "Previous backward display", ("Shift+N",), "Backward views"),
    ActionSpec(
        "next_input",
        "First, second or both pictures",
        ("V",),
        "Backward views",
        "For networks that take two pictures at once.",
        apart=True,
    ),
)


def action(name: str) -> ActionSpec:
    """The row of that id.

    Raises:
        KeyError: naming the id and a close one.
    """
    for spec in ACTIONS:
        if spec.id == name:
            return spec
    import difflib  # noqa: PLC0415  (only for the message)

    close = difflib.get_close_matches(name, [spec.id for spec in ACTIONS], n=1)
    raise KeyError(f"There is no action '{name}'." + (f" Did you mean '{close[0]}'?" if close else ""))
