"""The settings of `python run_toolbox.py`. Edit the values; the command line beats them for one run.

`deepvis` itself reads a file like this from your configuration folder (`deepvis doctor` names it), or the one given
with --settings FILE.
"""

from deepvis.config import Settings

SETTINGS = Settings(
    # ------------------------------------------------------------------------------------------------ the network
    # A torchvision name ("resnet50"), a timm name ("vit_small_patch16_224"), either with its origin in front
    # ("torchvision:resnet50", "timm:resnet50"), or your own network as "package.module:factory", where factory()
    # returns an nn.Module. `deepvis models` lists the names. Default: "efficientnet_lite0", which comes with DeepVis.
    model="efficientnet_lite0",
    # A .safetensors file or a torch file that holds a state dict; "random" for untrained weights; None for the
    # model's own weights (downloaded once where they do not come with DeepVis). Default: None.
    weights=None,
    # A text file with one class name per line, or a JSON list. None: the weights' own. Default: None.
    labels=None,
    # Mean and standard deviation per input channel, for pixels in 0..1, as (0.485, 0.456, 0.406).
    # None: the weights' own. Default: None.
    mean=None,
    std=None,
    # The network's input as (height, width). None: the weights' own. Default: None.
    input_size=None,
    # How pictures are resized: "nearest", "bilinear" or "bicubic". None: the weights' own. Default: None.
    interpolation=None,
    # Side of the center crop over the resized short side, 0.05 to 1. None: the weights' own. Default: None.
    crop_ratio=None,
    # What your own network takes at once: "1" picture, "2" (each a tensor of its own) or "stacked" (two in one tensor,
    # one behind the other along the channels). None: as the network looks. Default: None.
    inputs=None,
    # Where the network runs: "auto" (cuda, else mps, else cpu), "cpu", "cuda", "cuda:1", "mps". Default: "auto".
    device="auto",
    # Number format it runs in: "float32", "float16" or "bfloat16". Default: "float32".
    precision="float32",
    # CPU threads for the network, 0 to 1024; 0 leaves one core to the window. Default: 0.
    threads=0,
    # ------------------------------------------------------------------------------------------------- the source
    # "auto" (the first camera, else the demo reel), "camera", "camera:1", "camera:NAME", "demo", "synthetic", the path
    # of an image, a video, a folder of images or a text file that lists images, or a URL of a stream; or two of these
    # at once, as "camera + demo". Default: "auto".
    source="auto",
    # A second source, for networks that take two pictures at once; the same words. None for none. Default: None.
    second=None,
    # Flip the picture left to right: True, False, or None for cameras only. Default: None.
    mirror=None,
    # Turn the picture clockwise by this many times 90 degrees: 0, 1, 2 or 3. Default: 0.
    quarter_turns=0,
    # How the picture becomes the network's input: "crop" (resize the short side, cut the center: what the weights were
    # evaluated with), "letterbox" (all of it, the rest filled) or "stretch" (all of it, aspect ignored).
    # Default: "crop".
    fit="crop",
    # The (width, height) asked of a camera; it gives the nearest it has. Default: (640, 480).
    camera_size=(640, 480),
    # ----------------------------------------------------------------------------------------------- what is shown
    # Layer at the start, by the name that `deepvis layers` lists. None: a layer in the middle. Default: None.
    layer=None,
    # Unit selected at the start, from 0. Default: 0.
    unit=0,
    # Show the five likeliest classes: True or False (the forward pass then stops at the layer). Default: True.
    predictions=True,
    # Order of the tiles: "index", "maximum" or "mean" (of the present activation). Default: "index".
    sort="index",
    # Leave out units that have shown nothing since the layer was chosen: True or False. Default: False.
    hide_dead=False,
    # What the color range spans: "layer" (tiles can be compared) or "unit" (weak units become visible).
    # Default: "layer".
    scaling="layer",
    # Individual boost: 0.0, 0.3, 0.5, 0.8 or 1.0; 1 gives each tile its full range. Default: 0.0.
    individual=0.0,
    # Gamma boost: 1.0, 0.7, 0.5 or 0.3; smaller brightens. Default: 1.0.
    gamma=1.0,
    # Name of a color map; "auto" picks one for signed or unsigned activations. Default: "auto".
    colormap="auto",
    # The selected unit: "off" (its map alone), "over active" (the input where it is active) or "over inactive" (the
    # input where it is not). Default: "off".
    overlay="off",
    # Opacity of that overlay and of the backward view's, 0 to 1. Default: 0.7.
    opacity=0.7,
    # ------------------------------------------------------------------------------------------ the backward view
    # Which pixels speak for the unit: None (off), "gradient", "gradient-x-input", "deconvnet", "guided", "smoothgrad",
    # "integrated-gradients", "grad-cam", "occlusion" or "lrp" (needs the extra lrp). Default: None.
    method=None,
    # How it is drawn: "raw" (in color, zero is mid gray), "gray", "norm", "norm-blur", "sum>0" or "histogram".
    # "raw" is what the toolbox of 2015 began with; the strongest 0.5 % of the values are clipped. Default: "norm".
    view="norm",
    # Color map of norm, norm-blur, sum>0 and of methods that give a map; "auto" picks one. Default: "auto".
    back_colormap="auto",
    # The backward view over the input: "off" (alone), "over active" (the input where the view is strong) or
    # "over inactive" (the input where it is weak). Default: "off".
    back_overlay="off",
    # Where the backward pass starts: "channel" (the whole channel times its activation, as in 2015), "maximum" (the
    # channel's maximum), "position" (the place clicked), "class" (the likeliest class) or "difference" (the likeliest
    # minus the next). Default: "channel".
    back_seed="channel",
    # ------------------------------------------------------------------------------------------------- the program
    # "dark", "light" or "system". Default: "dark".
    theme="dark",
    # Folder where computed pictures are kept. None: your data folder (`deepvis doctor` names it). Default: None.
    gallery_dir=None,
)
